package bus_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/memory"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	vaultmemory "github.com/acme/customers/internal/vault/memory"
)

func TestLettersUnderTheVaultsKeys(t *testing.T) {
	dir := t.TempDir()
	root, err := kms.Open(t.Context(), "file:"+filepath.Join(dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	keys := vaultmemory.New()
	open := func() *vault.Vault {
		v, err := vault.Open(t.Context(), vault.Config{Store: keys, Keyring: filepath.Join(dir, "ring"), Root: root})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	store := memory.NewDeadLetters()
	v := open()
	q := bus.NewQuarantine(store, bus.NewSealer(v), 0, func() time.Time { return now })
	data, secrets := bustest.UserRegistered(1)
	if err := q.Put(t.Context(), bus.Letter{Subject: registered, Data: data, Code: "invalid"}); err != nil {
		t.Fatal(err)
	}

	// Another process finds and opens it.
	again := open()
	other := bus.NewQuarantine(store, bus.NewSealer(again), 0, func() time.Time { return now })
	ids, err := other.FindUser(t.Context(), secrets[2])
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	if l, err := other.Show(t.Context(), ids[0]); err != nil || string(l.Data) != string(data) {
		t.Fatal(err)
	}

	backup, _ := store.Get(t.Context(), ids[0])
	now = now.AddDate(0, 0, 31)
	if n, err := q.Purge(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if names, _ := v.Services(); slices.Contains(names, "dead-letter/2026-11-23") {
		t.Error("the day's key is still there")
	}
	_ = store.Put(t.Context(), backup)
	if _, err := q.Show(t.Context(), ids[0]); !errors.Is(err, bus.ErrDayOver) {
		t.Errorf("a restored letter: %v", err)
	}
	if names, _ := v.Services(); slices.Contains(names, "dead-letter/2026-11-23") {
		t.Error("looking at a letter made its day's key again")
	}
	if n, err := q.Purge(t.Context()); n != 1 || err != nil { // and the restored one goes too, without a key
		t.Error(n, err)
	}
}
