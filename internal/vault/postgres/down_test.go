package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/sqldb/pgtest"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	"github.com/acme/customers/internal/vault/postgres"
)

func open(t testing.TB, dsn string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, sqldb.PostgresOptions{Name: "keys"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openVault(t *testing.T, store vault.KeyStore) *vault.Vault {
	t.Helper()
	dir := t.TempDir()
	root, err := kms.Open(t.Context(), "file:"+filepath.Join(dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Config{Store: store, Keyring: filepath.Join(dir, "ring"), Root: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// database lets a test shut a database and open it again, by way of another.
func database(t *testing.T, dsn string) (allow func(bool)) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	u.Path = "/postgres"
	admin, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.Background()) })
	return func(yes bool) {
		t.Helper()
		word := map[bool]string{true: "true", false: "false"}[yes]
		for _, statement := range []string{
			`ALTER DATABASE ` + name + ` ALLOW_CONNECTIONS ` + word,
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '` + name + `'`,
		} {
			if _, err := admin.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The server refuses and drops connections: that is a 503, no key is made, and
// afterwards everything is as before.
func TestAServerThatGoesAwayIsNeverAnAnswer(t *testing.T) {
	dsn := pgtest.Start(t)
	store := open(t, dsn)
	v := openVault(t, store)
	known := uuid.New()
	keys, err := v.Create(t.Context(), known)
	if err != nil {
		t.Fatal(err)
	}
	sealed := keys.Seal(vault.Personal, nil, []byte("x"))
	allow := database(t, dsn)
	allow(false)
	v.Forget(known)
	_, read := v.Keys(t.Context(), known)
	_, unknown := v.Keys(t.Context(), uuid.New())
	_, made := v.Create(t.Context(), uuid.New())
	for name, err := range map[string]error{"Keys": read, "Keys of nobody": unknown, "Create": made,
		"Fence": v.Fence(t.Context(), known), "Ping": v.Ping(t.Context())} {
		if !errors.Is(err, fault.ErrKeyStore) {
			t.Errorf("%s: %v, want ErrKeyStore", name, err)
		}
	}
	allow(true)
	if keys, err = v.Keys(t.Context(), known); err != nil {
		keys, err = v.Keys(t.Context(), known) // the pool may hand out one dead connection
	}
	if err != nil {
		t.Fatalf("afterwards: %v", err)
	}
	if _, err := keys.Open(vault.Personal, nil, sealed); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	rows, err := store.Scan(t.Context(), vault.Query{Limit: 9})
	if err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v; want 1: something was minted", len(rows), err)
	}
}

func TestRotateOnPostgres(t *testing.T) {
	store := open(t, pgtest.Start(t))
	v := openVault(t, store)
	sealed := map[uuid.UUID][]byte{}
	for range 20 {
		subject := uuid.New()
		keys, err := v.Create(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		sealed[subject] = keys.Seal(vault.Personal, nil, []byte("x"))
		v.Forget(subject)
	}
	if err := v.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows, err := store.Scan(t.Context(), vault.Query{Limit: 99, Below: 2}); err != nil || len(rows) != 0 {
		t.Errorf("%d rows at the old epoch, %v", len(rows), err)
	}
	for subject, s := range sealed {
		keys, err := v.Keys(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Open(vault.Personal, nil, s); err != nil {
			t.Errorf("after the rotation: %v", err)
		}
	}
}
