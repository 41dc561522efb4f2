// Package accesstest is the suite that every driver of the access log runs.
// Each promise is a check that returns an error, so that the suite can show
// that the check fails on a store that breaks the promise.
package accesstest

import (
	"path/filepath"
	"testing"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	"github.com/acme/customers/internal/vault/memory"
)

// Vault opens a vault of its own for a test.
func Vault(t testing.TB) *vault.Vault {
	t.Helper()
	dir := t.TempDir()
	root, err := kms.Open(t.Context(), "file:"+filepath.Join(dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Config{Store: memory.New(), Keyring: filepath.Join(dir, "keyring"), Root: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}
