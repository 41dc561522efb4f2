package kms

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/acme/customers/internal/fault"
)

// try runs what every root key promises.
func try(t *testing.T, k Key) {
	t.Helper()
	secret := []byte("0123456789abcdef0123456789abcdef")
	wrapped, err := k.Wrap(t.Context(), secret, []byte("epoch 1"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(wrapped, secret) {
		t.Error("the secret is in what wraps it")
	}
	got, err := k.Unwrap(t.Context(), wrapped, []byte("epoch 1"))
	if err != nil || !bytes.Equal(got, secret) {
		t.Errorf("unwrap: %q, %v", got, err)
	}
	if _, err := k.Unwrap(t.Context(), wrapped, []byte("epoch 2")); !errors.Is(err, ErrRefused) {
		t.Errorf("another purpose: %v, want ErrRefused", err)
	}
	wrapped[len(wrapped)-1] ^= 1
	if _, err := k.Unwrap(t.Context(), wrapped, []byte("epoch 1")); !errors.Is(err, ErrRefused) {
		t.Errorf("changed: %v, want ErrRefused", err)
	}
}

func openKey(t *testing.T, uri string) Key {
	t.Helper()
	k, err := Open(t.Context(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFile(t *testing.T) {
	uri := "file:" + filepath.Join(t.TempDir(), "root.key")
	k := openKey(t, uri)
	try(t, k)
	wrapped, _ := k.Wrap(t.Context(), []byte("x"), nil)
	if _, err := openKey(t, uri).Unwrap(t.Context(), wrapped, nil); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	other := openKey(t, "file:"+filepath.Join(t.TempDir(), "root.key"))
	if _, err := other.Unwrap(t.Context(), wrapped, nil); !errors.Is(err, ErrRefused) {
		t.Errorf("another root key: %v, want ErrRefused", err)
	}
}

func TestARootKeyFileThatOthersMayReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	openKey(t, "file:"+path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), "file:"+path); err == nil {
			t.Errorf("mode %o was accepted", mode)
		}
	}
	short := filepath.Join(t.TempDir(), "short.key")
	if err := os.WriteFile(short, make([]byte, 31), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{"file:" + short, "file:" + t.TempDir(), "file:", "root.key", "ftp://x", "hcvault:x", "hcvault://h/no-key"} {
		if _, err := Open(t.Context(), uri); err == nil {
			t.Errorf("%s was accepted", uri)
		}
	}
}

func TestProcessesThatStartTogetherShareOneRootKey(t *testing.T) {
	dir := t.TempDir()
	keys := make([]Key, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := Open(t.Context(), "file:"+filepath.Join(dir, "root.key"))
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	wrapped, _ := keys[0].Wrap(t.Context(), []byte("x"), nil)
	for i, k := range keys {
		if _, err := k.Unwrap(t.Context(), wrapped, nil); err != nil {
			t.Errorf("process %d has another root key", i)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files, want 1", len(entries))
	}
}

func isDown(err error) bool { return errors.Is(err, fault.ErrKeyStore) }
