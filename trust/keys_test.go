package trust

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/acme/customers/trust/cluster"
	"github.com/acme/customers/trust/people"
	"github.com/acme/customers/trust/service"
)

// Every file but the root key opens nothing.

func TestWithoutTheRootKeyNothingOpens(t *testing.T) {
	s := service.Start(t, service.Config{})
	c, l := s.Client(t), newLedger()
	for n := range 10 {
		if a, err := l.enter(fmt.Sprint("k", n)).write(c); err != nil || !a.OK() {
			t.Fatalf("%v %v", a, err)
		}
	}
	s.Stop(t)
	root := s.Data + ".root.key"
	right, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func() error{
		"another key": func() error { return os.WriteFile(root, random(len(right)), 0o600) },
		"no key":      func() error { return os.Remove(root) },
		"half a key":  func() error { return os.WriteFile(root, right[:len(right)/2], 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if code := s.TryStart(t); code <= 0 {
			t.Errorf("%s: serve exits %d", name, code)
		}
		if code, out := s.Verify(t); code == 0 || strings.Contains(out, " 0 findings") {
			t.Errorf("%s: verify exits %d: %s", name, code, out)
		}
		if strings.Contains(s.Log(t), "Given k") {
			t.Errorf("%s: a name is in the log", name)
		}
		_ = os.Remove(root)
		if err := os.WriteFile(root, right, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.Start(t) // nothing was spoilt by the attempts
	for _, wrong := range l.audit(c) {
		t.Error(wrong)
	}
}

func random(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.Read(out)
	return out
}

// While the key store is down nobody gets a blank answer, and nobody
// gets a new key.

func TestAKeyStoreThatIsDownIsSaidSo(t *testing.T) {
	events, keys := cluster.Start(t), cluster.Start(t)
	s := service.Start(t, service.Config{Store: events.DSN(), Keys: keys.DSN()})
	c, l := s.Client(t), newLedger()
	for n := range 30 {
		e := l.enter(fmt.Sprint("k", n))
		if a, err := e.write(c); err != nil || !a.OK() {
			t.Fatalf("%v %v", a, err)
		}
	}
	rows := func() int64 {
		return keys.Count(t, `SELECT coalesce(sum(n_live_tup), 0)::bigint FROM pg_stat_user_tables`)
	}
	keys.Exec(t, `ANALYZE`)
	before := rows()
	s.Kill()
	s.Start(t) // so that nothing is cached but what the start needs
	keys.Halt()
	refused := 0
	for _, e := range l.list() {
		a, err := c.Do("GET", "/v1/customers/"+e.id, nil)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := blank(e, a); wrong != "" {
			t.Error(wrong)
		}
		if a.Status == 503 {
			refused++
		}
		if a, err = c.Do("PATCH", "/v1/customers/"+e.id, map[string]any{"tags": []string{"down"}}); err != nil || a.OK() && blank(e, a) != "" {
			t.Errorf("patch: %v %v", a, err)
		}
	}
	t.Logf("%d of 30 reads were refused", refused)
	down := l.enter("down")
	for range 5 {
		a, err := c.Do("POST", "/v1/customers", service.Registration{Name: service.Name{Given: "Nobody"}, Email: "down@ledger.example"})
		if err != nil || a.Status != 503 || a.Code() != "key_store_unavailable" || a.Header.Get("Retry-After") == "" {
			t.Errorf("register: %v %v", a, err)
		}
	}
	if code := second(t, s); code <= 0 {
		t.Errorf("a service that cannot reach its keys exits %d", code)
	}
	keys.Start(t)
	if err := s.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	keys.Exec(t, `ANALYZE`)
	if after := rows(); after != before {
		t.Errorf("%d rows in the key store, %d before it was down", after, before)
	}
	if a, err := down.write(c); err != nil || !a.OK() {
		t.Errorf("after: %v %v", a, err)
	}
	keys.Exec(t, `ANALYZE`)
	if rows() == before {
		t.Error("control: a new key is not counted")
	}
	for _, e := range l.list() {
		if a, err := c.Do("GET", "/v1/customers/"+e.id, nil); err != nil || a.Status != 200 || blank(e, a) != "" {
			t.Errorf("after: %v %v", a, err)
		}
	}
}

// second tries to start another instance on the same stores.
func second(t *testing.T, s *service.Service) int {
	t.Helper()
	return service.New(t, service.Config{Store: s.Store, Keys: s.Keys, Flags: []string{"--keyring", s.Data + ".keyring", "--kms", "file:" + s.Data + ".root.key"}}).TryStart(t)
}

// blank says why an answer about a customer is neither whole nor the right
// refusal.
func blank(e *entry, a service.Answer) string {
	if a.Status == 503 && (a.Code() == "key_store_unavailable" || a.Code() == "unavailable" || a.Code() == "read_model_behind") {
		return ""
	}
	got, err := a.Customer()
	given, _ := e.value(0)
	if err != nil || a.Status != 200 || got.Name.Given != given || got.Email.Address != e.key+"@ledger.example" {
		return fmt.Sprintf("%s: %d %s", e.key, a.Status, a.Body)
	}
	return ""
}

func TestBlankAnswersAreSeen(t *testing.T) {
	e := &entry{key: "k"}
	for _, a := range []service.Answer{
		{Status: 200, Body: []byte(`{"id":"x","version":1}`)}, {Status: 200, Body: []byte(`{"name":{"given":"Given k"}}`)},
		{Status: 404, Body: []byte(`{"code":"not_found"}`)}, {Status: 500, Body: []byte(`{"code":"internal"}`)}, {Status: 410, Body: []byte(`{"code":"erased"}`)},
	} {
		if blank(e, a) == "" {
			t.Errorf("%v counts as good", a)
		}
	}
}

// The process keeps its secrets to itself.

func TestTheProcessKeepsItsSecrets(t *testing.T) {
	dir := t.TempDir()
	user := &syscall.Credential{Uid: 65534, Gid: 65534}
	if os.Geteuid() != 0 {
		unable(t, "only root can run the service as somebody else")
	}
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	cfg, _ := onBus(t)
	cfg.Dir, cfg.User = dir, user
	s := service.Start(t, cfg)
	c := s.Client(t)
	for i, p := range people.Make(33, 3) {
		if err := live(c, p); err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
	}
	limits := proc(t, s.PID(), "limits")
	if !strings.Contains(limits, "Max core file size        0                    0 ") {
		t.Error("core dumps are not off for good")
	}
	if owner(t, s.PID()) != 0 {
		t.Error("the process is dumpable: others of its user can read its memory")
	}
	if other := sleeper(t, user); owner(t, other) != 65534 {
		t.Error("control: every process counts as not dumpable")
	}
	root, err := os.ReadFile(s.Data + ".root.key")
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := os.ReadFile(filepath.Join(s.Data, "issuer", "development-issuer.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"root key": string(root), "issuer's key": strings.Split(string(issuer), "\n")[1], "a caller's token": c.Token, "the bus token": busSecret}
	s.Signal(syscall.SIGQUIT)
	places := map[string]string{"command line": proc(t, s.PID(), "cmdline"), "environment": strings.ReplaceAll(proc(t, s.PID(), "environ"), "CUSTOMERS_NATS_TOKEN="+busSecret, "")}
	s.Wait(t)
	places["log and crash output"] = s.Log(t)
	for where, text := range places {
		for what, secret := range secrets {
			if shows(text, secret) {
				t.Errorf("%s is in the %s", what, where)
			}
		}
	}
	for what, secret := range secrets { // the control
		for _, leak := range []string{secret, hex.EncodeToString([]byte(secret)), fmt.Sprint([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if !shows("before "+leak+" behind", secret) {
				t.Errorf("control: %s goes unseen", what)
			}
		}
	}
}

// shows tells whether a text holds a secret as it is, in hex, as decimal bytes
// or in base64.
func shows(text, secret string) bool {
	raw := []byte(secret)
	return slices.ContainsFunc([]string{secret, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), strings.Trim(fmt.Sprint(raw), "[]"),
		base64.RawStdEncoding.EncodeToString(raw)[:len(raw)*4/3-1], base64.RawURLEncoding.EncodeToString(raw)[:len(raw)*4/3-1]},
		func(form string) bool { return strings.Contains(text, form) })
}
