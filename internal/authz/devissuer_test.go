package authz

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

func openDev(t *testing.T, dir string, c *clock) *DevIssuer {
	t.Helper()
	d, err := OpenDevIssuer(dir)
	if err != nil {
		t.Fatal(err)
	}
	d.clock = c.Now
	return d
}

func devVerifier(t *testing.T, d *DevIssuer) *Verifier {
	t.Helper()
	cfg := d.Config()
	cfg.Clock = d.clock
	v, err := NewVerifier(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestADevelopmentTokenPassesTheSameChecks(t *testing.T) {
	c, dir, id := newClock(), t.TempDir(), uuid.New()
	d := openDev(t, dir, c)
	v := devVerifier(t, d)
	for _, role := range Roles() {
		o := TokenOptions{Scopes: []string{ScopeRead}}
		if role == RoleCustomer {
			o.Customer, o.UserID = id, "user-1"
		}
		raw, err := d.Token(role, o)
		if err != nil {
			t.Fatal(err)
		}
		p, err := v.Verify(t.Context(), raw)
		if err != nil || p.Role != role || p.Customer != o.Customer || p.UserID != o.UserID ||
			!p.Has(ScopeRead) || p.TokenID == "" || !p.Expires.Equal(c.Now().Add(12*time.Hour)) {
			t.Errorf("%s: %v %v", role, p, err)
		}
	}

	raw, err := d.Token(RoleAdmin, TokenOptions{Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	// The key lasts as long as the folder; another folder's is another issuer.
	if _, err := devVerifier(t, openDev(t, dir, c)).Verify(t.Context(), raw); err != nil {
		t.Errorf("opened again: %v", err)
	}
	if _, err := devVerifier(t, openDev(t, t.TempDir(), c)).Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("another folder: %v", err)
	}
	c.Advance(time.Minute)
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("expired: %v", err)
	}
}

func TestADevelopmentTokenMustMakeSense(t *testing.T) {
	d, id := openDev(t, t.TempDir(), newClock()), uuid.New()
	for name, c := range map[string]struct {
		role Role
		o    TokenOptions
	}{
		"unknown role":             {"root", TokenOptions{}},
		"customer without id":      {RoleCustomer, TokenOptions{}},
		"support with customer":    {RoleSupport, TokenOptions{Customer: id}},
		"service with user":        {RoleService, TokenOptions{UserID: "u"}},
		"unknown scope":            {RoleService, TokenOptions{Scopes: []string{"customers:everything"}}},
		"longer than is accepted":  {RoleAdmin, TokenOptions{Life: MaxLife + time.Second}},
		"over before it begins":    {RoleAdmin, TokenOptions{Life: -time.Second}},
		"shorter than can be said": {RoleAdmin, TokenOptions{Life: time.Millisecond}},
	} {
		if _, err := d.Token(c.role, c.o); err == nil {
			t.Errorf("%s: a token", name)
		}
	}
}

func TestTheDevelopmentKeyIsReadByItsOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, devKeyFile)
	openDev(t, dir, newClock())
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v %v", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDevIssuer(dir); err == nil {
			t.Errorf("mode %o is accepted", mode)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDevIssuer(dir); err != nil {
		t.Errorf("control: mode 0600 is refused: %v", err)
	}

	elsewhere := filepath.Join(t.TempDir(), "key")
	if err := os.Rename(path, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, path); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDevIssuer(dir); err == nil {
		t.Error("a symbolic link is followed")
	}
}

func TestABrokenDevelopmentKeyIsNotReplaced(t *testing.T) {
	for _, text := range []string{"", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		dir := t.TempDir()
		path := filepath.Join(dir, devKeyFile)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenDevIssuer(dir); err == nil {
			t.Errorf("%q is taken for a key", text)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("the file was changed: %v", err)
		}
	}
}

func TestTwoThatStartAtOnceShareOneDevelopmentKey(t *testing.T) {
	dir := t.TempDir()
	kids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range kids {
		wg.Go(func() {
			d, err := OpenDevIssuer(dir)
			if err != nil {
				t.Error(err)
				return
			}
			kids[i] = d.kid
		})
	}
	wg.Wait()
	for _, kid := range kids {
		if kid != kids[0] {
			t.Fatal("two keys")
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("%d files left: %v", len(files), err)
	}
}
