package vault_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/memory"
)

func TestAFencedSubjectGetsNoKeysWhateverTheOrder(t *testing.T) {
	store := memory.New()
	p := newPlace(t)
	v, other := p.open(t, store), p.open(t, store)
	before, without, raced := uuid.New(), uuid.New(), uuid.New()
	create(t, v, before)

	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			if i == 10 {
				if err := v.Fence(t.Context(), raced); err != nil {
					t.Error(err)
				}
			} else if _, err := v.Create(t.Context(), raced); err != nil && !errors.Is(err, fault.ErrErased) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, subject := range []uuid.UUID{before, without} {
		for range 2 {
			if err := v.Fence(t.Context(), subject); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, v := range []*vault.Vault{v, other, p.open(t, store)} {
		for _, subject := range []uuid.UUID{before, without, raced} {
			if _, err := v.Create(t.Context(), subject); !errors.Is(err, fault.ErrErased) {
				t.Errorf("Create: %v, want ErrErased", err)
			}
			if _, err := v.Keys(t.Context(), subject); !errors.Is(err, fault.ErrErased) {
				t.Errorf("Keys: %v, want ErrErased", err)
			}
		}
	}
	var fenced int
	for _, err := range v.Fenced(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		fenced++
	}
	if fenced != 3 {
		t.Errorf("%d fenced, want 3", fenced)
	}
}

// stalled holds a Get between reading the row and answering.
type stalled struct {
	vault.KeyStore
	read, answer chan struct{}
}

func (s *stalled) Get(ctx context.Context, subjects []uuid.UUID) ([]vault.Row, error) {
	rows, err := s.KeyStore.Get(ctx, subjects)
	s.read <- struct{}{}
	<-s.answer
	return rows, err
}

// A load that read the row before the fence and ends after it must not leave
// the keys in the cache. The control is the same load without a fence.
func TestALoadThatRacedWithAFenceIsNotCached(t *testing.T) {
	for _, fence := range []bool{true, false} {
		store := &stalled{KeyStore: memory.New(), read: make(chan struct{}, 9), answer: make(chan struct{}, 9)}
		v := newPlace(t).open(t, store)
		subject := uuid.New()
		create(t, v, subject)
		v.Forget(subject)
		loaded := make(chan error, 1)
		go func() { _, err := v.Keys(t.Context(), subject); loaded <- err }()
		<-store.read
		if fence {
			if err := v.Fence(t.Context(), subject); err != nil {
				t.Fatal(err)
			}
		}
		store.answer <- struct{}{}
		<-loaded
		store.answer <- struct{}{} // for a second load, if there is one
		_, err := v.Keys(t.Context(), subject)
		if fenced := errors.Is(err, fault.ErrErased); fenced != fence {
			t.Errorf("fence %v: the next Keys gave %v", fence, err)
		}
		if cached := len(store.read) == 0; cached == fence {
			t.Errorf("fence %v: cached %v", fence, cached)
		}
	}
}

// Whoever can write to the key store must not give one subject's keys to
// another, or bring an old wrapping back under another epoch.
func TestARowInAnothersPlaceDoesNotOpen(t *testing.T) {
	store := memory.New()
	v := newPlace(t).open(t, store)
	mine := uuid.New()
	create(t, v, mine)
	rows, err := store.Get(t.Context(), []uuid.UUID{mine})
	if err != nil || len(rows) != 1 {
		t.Fatal(err)
	}
	v.Forget(mine)
	if _, err := v.Keys(t.Context(), mine); err != nil {
		t.Fatalf("control: in its own place: %v", err)
	}
	moved := rows[0]
	moved.Subject = uuid.New()
	if _, err := store.Insert(t.Context(), []vault.Row{moved}); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Keys(t.Context(), moved.Subject); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("another subject: %v, want ErrTampered", err)
	}
	if _, err := v.Create(t.Context(), moved.Subject); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("another subject, Create: %v, want ErrTampered and no new key", err)
	}
	for i := range rows[0].Wrapped {
		changed := rows[0]
		changed.Subject, changed.Wrapped = uuid.New(), append([]byte(nil), rows[0].Wrapped...)
		changed.Wrapped[i] ^= 1
		store.Insert(t.Context(), []vault.Row{changed})
		if _, err := v.Keys(t.Context(), changed.Subject); !errors.Is(err, vault.ErrTampered) {
			t.Errorf("byte %d changed: %v, want ErrTampered", i, err)
		}
	}
}
