package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/keyring"
	"github.com/acme/customers/internal/vault/kms"
	"github.com/acme/customers/internal/vault/memory"
)

// printed is everything that a careless line of code makes of a value.
func printed(v any) string {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%X", "%q"} {
		fmt.Fprintf(&out, verb+"\n", v)
		fmt.Fprintf(&out, verb+"\n", struct{ V any }{v})
		fmt.Fprintf(&out, verb+"\n", []any{v})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v, "in", struct{ V any }{v})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v, "in", struct{ V any }{v})
	json.NewEncoder(&out).Encode(map[string]any{"v": v, "in": struct{ V any }{v}})
	fmt.Fprint(&out, fmt.Errorf("x: %v", v))
	return out.String()
}

// shows looks for eight bytes of the secret in a row, in the forms in which
// the ways of printing above write bytes.
func shows(out string, secret []byte) bool {
	for i := range len(secret) - 8 {
		part := secret[i : i+8]
		decimal := strings.Trim(fmt.Sprint(part), "[]")
		for _, form := range []string{string(part), hex.EncodeToString(part), strings.ToUpper(hex.EncodeToString(part)),
			decimal, strings.ReplaceAll(decimal, " ", ","), strings.Trim(fmt.Sprintf("%#v", part), "[]byte{}"),
			base64.StdEncoding.EncodeToString(part)[:10]} {
			if strings.Contains(out, form) {
				return true
			}
		}
	}
	return false
}

func TestSecretsDoNotPrint(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v := p.open(t, store)
	keys := create(t, v, uuid.New())
	rows, err := store.Scan(t.Context(), vault.Query{Limit: 1})
	if err != nil || len(rows) != 1 {
		t.Fatal(err)
	}
	root, err := os.ReadFile(strings.TrimPrefix(p.root, "file:"))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Open(t.Context(), p.ring, p.key(t))
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := ring.Epoch(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	// Control: the looking finds a secret that prints.
	if control := (struct{ Secret []byte }{epoch}); !shows(printed(control), epoch) {
		t.Fatal("control: a printed secret is not found")
	}
	secrets := map[string][]byte{"root": root, "epoch": epoch, "claim": ring.Claim(), "pair": secretOf(t, rows[0], epoch)}
	for of, value := range map[string]any{"keys": keys, "vault": v, "ring": ring, "root": p.key(t),
		"entry": vault.Entry{Keys: keys}, "config": vault.Config{Root: p.key(t)},
		// fmt asks no method of what an unexported field holds.
		"hidden keys": struct{ k *vault.Keys }{keys}, "hidden ring": struct{ r *keyring.Ring }{ring},
		"hidden vault": struct{ v *vault.Vault }{v}, "hidden root": struct{ k kms.Key }{p.key(t)}} {
		out := printed(value)
		for name, secret := range secrets {
			if shows(out, secret) {
				t.Errorf("printing the %s shows the %s", of, name)
			}
		}
	}
}

// A panic prints its value; it is tried in a process of its own.
func TestAPanicDoesNotPrintKeys(t *testing.T) {
	if os.Getenv("PANIC_WITH_KEYS") != "" {
		panic(testKeys(t))
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAPanicDoesNotPrintKeys$")
	cmd.Env = append(os.Environ(), "PANIC_WITH_KEYS=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "[keys]") {
		t.Errorf("the panic printed %s (%v), want [keys]", out, err)
	}
}

func TestHardenTurnsCoreDumpsOff(t *testing.T) {
	if os.Getenv("HARDEN") != "" {
		h, err := vault.Harden()
		limits, _ := os.ReadFile("/proc/self/limits")
		fmt.Println(h.NoCoreDumps, err, string(limits))
		return
	}
	run := func(env ...string) string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHardenTurnsCoreDumpsOff$", "-test.v")
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	out := run("HARDEN=1")
	fields := strings.Fields(out[max(0, strings.Index(out, "Max core file size")):])
	if !strings.Contains(out, "true <nil>") || len(fields) < 6 || fields[4] != "0" || fields[5] != "0" {
		t.Errorf("core dumps are not off: %s", out)
	}
}
