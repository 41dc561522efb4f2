package journal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// counted counts what is loaded.
type counted struct {
	eventstore.Store
	loads int
}

func (c *counted) Load(ctx context.Context, streams ...event.Stream) ([]eventstore.Loaded, error) {
	c.loads++
	return c.Store.Load(ctx, streams...)
}

// What the caller knows spares a load where it is up to date, and is never
// decided on for good where it is not: not by an append, by nothing to do, by a
// refusal, by another's If-Match, nor for somebody who was erased.
func TestWhatIsKnownIsDecidedOnOnlyWhileItHolds(t *testing.T) {
	store := &counted{}
	b := open(t, func(s eventstore.Store) eventstore.Store { store.Store = s; return store })
	name := func(given string) customer.Command {
		return customer.UpdateProfile{At: time.Now(), Name: &customer.NamePatch{Given: &given}}
	}
	type command = journal.Command[customer.State, customer.Event]
	first := b.register(t, "ada@example.com")
	id := first.Row.ID
	do := func(known journal.Loaded[customer.State], cmd customer.Command, loads int) (journal.Loaded[customer.State], error) {
		t.Helper()
		before := store.loads
		out, err := b.do(t, command{ID: id, Known: &known}, cmd)
		if got := store.loads - before; got != loads {
			t.Errorf("loaded %d times, want %d", got, loads)
		}
		return out, err
	}
	second, err := do(first, name("Ada"), 0)
	if err != nil || second.Version != 2 {
		t.Fatalf("version %d, %v", second.Version, err)
	}
	if stored, err := journal.Load(t.Context(), b.Journal, b.agg, id); err != nil || cmp.Diff(second, stored) != "" {
		t.Errorf("%v: what came out is not what is stored: %s", err, cmp.Diff(second, stored))
	}
	if out, err := do(first, name("Augusta"), 1); err != nil || out.Version != 3 || out.State.Name.Given != "Augusta" { // it was out of date
		t.Errorf("version %d, %v", out.Version, err)
	}
	if out, err := do(second, name("Ada"), 1); err != nil || out.Version != 4 { // by what is known there is nothing to do
		t.Errorf("version %d, %v", out.Version, err)
	}
	if out, err := do(second, name("Ada"), 1); err != nil || out.Version != 4 { // and now there is nothing
		t.Errorf("version %d, %v", out.Version, err)
	}
	archived, err := do(second, customer.Archive{Cause: customer.CauseRequest}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := do(archived, customer.Activate{Cause: customer.CauseRequest}, 1); !errors.Is(err, fault.ErrTransition) { // what is refused is refused by the store's
		t.Errorf("%v", err)
	}
	stale := int64(2)
	if _, err := b.do(t, command{ID: id, Known: &second, IfMatch: &stale}, name("Anna")); !errors.Is(err, fault.ErrPrecondition) {
		t.Errorf("If-Match is held against what is known: %v", err)
	}
	if err := errors.Join(b.vault.Fence(t.Context(), id), b.store.Fence(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
	if _, err := do(archived, name("Anna"), 1); !errors.Is(err, fault.ErrErased) && !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("erased: %v", err)
	}
	stranger := journal.Loaded[customer.State]{State: new(customer.State)}
	if _, err := b.do(t, command{ID: uuid.Must(uuid.NewV7()), Known: &stranger, Joins: true}, name("Nobody")); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("of whom nothing is known: %v", err)
	}
}
