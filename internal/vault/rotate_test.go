package vault_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/keyring"
	"github.com/acme/customers/internal/vault/kms"
	"github.com/acme/customers/internal/vault/memory"
)

// After a rotation old rows open, and a copy of the key store from before it
// opens nothing although the root key is live. The control is the same copy
// before the rotation.
func TestRotateMakesOldCopiesWorthless(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v := p.open(t, store)
	sealed := map[uuid.UUID][]byte{}
	for range 50 {
		subject := uuid.New()
		sealed[subject] = create(t, v, subject).Seal(vault.Personal, aad, []byte("x"))
	}
	copied, err := store.Scan(t.Context(), vault.Query{Limit: 999})
	if err != nil {
		t.Fatal(err)
	}
	opened := func() (n int) {
		old := memory.New()
		binding, _ := store.Bind(t.Context(), uuid.New())
		old.Bind(t.Context(), binding.Ring)
		old.Insert(t.Context(), copied)
		v := p.open(t, old)
		for subject := range sealed {
			if _, err := v.Keys(t.Context(), subject); err == nil {
				n++
			}
		}
		return n
	}
	if n := opened(); n != 50 {
		t.Fatalf("control: the copy opens %d of 50 before the rotation", n)
	}
	if err := v.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := opened(); n != 0 {
		t.Errorf("the copy opens %d rows after the rotation", n)
	}
	for subject, s := range sealed {
		v.Forget(subject)
		if keys, err := v.Keys(t.Context(), subject); err != nil || !opens(keys, s) {
			t.Fatalf("after the rotation: %v", err)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(p.ring, "epoch-*")); len(found) != 1 {
		t.Errorf("epoch keys left: %v", found)
	}
}

// Two instances create and read while one of them rotates.
func TestRotateWhileInstancesWork(t *testing.T) {
	p, store := newPlace(t), memory.New()
	a, b := p.open(t, store), p.open(t, store)
	var wg sync.WaitGroup
	for _, v := range []*vault.Vault{a, b, b} {
		wg.Go(func() {
			for range 200 {
				if err := createAndRead(t.Context(), v, uuid.New()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 20 {
		if err := a.Rotate(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	err := a.Check(t.Context(), func(subject uuid.UUID, err error) {
		if err != nil {
			t.Errorf("%v: %v", subject, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// noFloor is a store that lets rows of an ended epoch in.
type noFloor struct{ vault.KeyStore }

func (noFloor) Raise(context.Context, uint32) error { return nil }

// An instance that has not heard of a rotation must not write a row under the
// epoch that is about to be destroyed. The control is a store without a floor:
// there the row is lost.
func TestAnInstanceThatMissedARotationLosesNoRow(t *testing.T) {
	for _, c := range []struct {
		store vault.KeyStore
		lost  bool
	}{{memory.New(), false}, {noFloor{memory.New()}, true}} {
		p := newPlace(t)
		a, b := p.open(t, c.store), p.open(t, c.store)
		create(t, b, uuid.New()) // b has the first epoch's key in memory
		if err := a.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		subject := uuid.New()
		sealed := create(t, b, subject).Seal(vault.Personal, aad, nil)
		keys, err := p.open(t, c.store).Keys(t.Context(), subject)
		if lost := err != nil || !opens(keys, sealed); lost != c.lost {
			t.Errorf("lost %v (%v), want %v", lost, err, c.lost)
		}
	}
}

// createAndRead makes keys and reads them from the store again.
func createAndRead(ctx context.Context, v *vault.Vault, subject uuid.UUID) error {
	keys, err := v.Create(ctx, subject)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	sealed := keys.Seal(vault.Personal, aad, nil)
	v.Forget(subject)
	if keys, err = v.Keys(ctx, subject); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	_, err = keys.Open(vault.Personal, aad, sealed)
	return err
}

// A row that does not open keeps the old epoch key alive, and Check names it.
func TestRotateKeepsTheOldEpochForARowThatDoesNotOpen(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v := p.open(t, store)
	good, bad := uuid.New(), uuid.New()
	create(t, v, good)
	if _, err := store.Insert(t.Context(), []vault.Row{{Subject: bad, Epoch: 1, Wrapped: make([]byte, vault.WrappedSize)}}); err != nil {
		t.Fatal(err)
	}
	if err := v.Rotate(t.Context()); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("Rotate: %v, want ErrTampered", err)
	}
	failed := map[uuid.UUID]error{}
	if err := v.Check(t.Context(), func(s uuid.UUID, err error) { failed[s] = err }); err != nil {
		t.Fatal(err)
	}
	if failed[good] != nil || !errors.Is(failed[bad], vault.ErrTampered) {
		t.Errorf("Check: %v", failed)
	}
	if err := v.Fence(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	if err := v.Rotate(t.Context()); err != nil {
		t.Errorf("Rotate without the bad row: %v", err)
	}
}

func TestRotateRootLeavesTheOldRootWorthless(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v, subject := p.open(t, store), uuid.New()
	sealed := create(t, v, subject).Seal(vault.Personal, aad, []byte("x"))
	next := "file:" + filepath.Join(t.TempDir(), "next.key")
	key, err := kms.Open(t.Context(), next)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.RotateRoot(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Service(t.Context(), "made-after"); err != nil {
		t.Errorf("the vault that rotated cannot go on: %v", err)
	}
	_, err = vault.Open(t.Context(), vault.Config{Store: store, Keyring: p.ring, Root: p.key(t)})
	if !errors.Is(err, keyring.ErrWrongRoot) {
		t.Errorf("the old root key: %v, want ErrWrongRoot", err)
	}
	p.root = next
	keys, err := p.open(t, store).Keys(t.Context(), subject)
	if err != nil || !opens(keys, sealed) {
		t.Errorf("the new root key: %v", err)
	}
}
