package accesstest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/vault"
)

// check is one promise, tried at a fresh place.
type check func(ctx context.Context, v *vault.Vault, open Open) error

// Run runs the suite. place makes an empty place for each test.
func Run(t *testing.T, place func(t *testing.T) Open) {
	checks := []struct {
		name   string
		check  check
		broken func(access.Store) access.Store // and how the check is shown to notice
	}{
		{"what was acknowledged is there after a restart", durable, ackFirst},
		{"a group is refused when its number is taken", unique, forgetful},
		{"a customer sees all entries about it, newest first, once", complete, dropHead},
		{"spans find what the rows hold", spans, dropPart},
		{"groups are bound once", bindOnce, bindAlways},
		{"readers add up who read how many, within a time", readers, dropLast},
		{"totals count entries and customers", totals, dropGroup},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			v := Vault(t)
			if err := c.check(t.Context(), v, place(t)); err != nil {
				t.Error(err)
			}
		})
		t.Run("control: "+c.name, func(t *testing.T) {
			v, open := Vault(t), place(t)
			err := c.check(t.Context(), v, func() (access.Store, error) {
				s, err := open()
				if err != nil {
					return nil, err
				}
				return c.broken(s), nil
			})
			if err == nil {
				t.Error("the check did not notice a store that breaks the promise")
			} else {
				t.Log("noticed:", err)
			}
		})
	}
	t.Run("a changed row is noticed", func(t *testing.T) { tampered(t, place(t)) })
}

// durable: the second store sees what the first one acknowledged, while the
// first is still open: it was not only in its memory.
func durable(ctx context.Context, v *vault.Vault, open Open) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	l := access.Open(store, v, nil)
	defer l.Close()
	all := entries(1, 300, 20)
	if err := record(ctx, l, all, 16); err != nil {
		return err
	}
	again, err := open()
	if err != nil {
		return err
	}
	defer again.Close()
	return seesAll(ctx, access.Open(again, v, nil), all, 20, 50)
}

func seesAll(ctx context.Context, l *access.Log, all []access.Entry, customers, page int) error {
	defer l.Close()
	for c := range customers + 1 { // one that nobody read
		if err := sees(ctx, l, all, int64(c)*1777, page); err != nil {
			return err
		}
	}
	_, err := l.Check(ctx)
	return err
}

func complete(ctx context.Context, v *vault.Vault, open Open) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	l := access.Open(store, v, nil)
	all := entries(2, 400, 7)
	if err := errors.Join(record(ctx, l, all[:200], 8), record(ctx, l, all[200:], 1)); err != nil {
		return err
	}
	for _, page := range []int{1, 7, 1000} {
		for c := range 7 {
			if err := sees(ctx, l, all, int64(c)*1777, page); err != nil {
				return fmt.Errorf("pages of %d: %w", page, err)
			}
		}
	}
	return seesAll(ctx, l, all, 7, 13)
}

// spans: more rows than one span holds, so that some are bound and some loose.
func spans(ctx context.Context, v *vault.Vault, open Open) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	l := access.Open(store, v, nil)
	all := entries(3, access.SpanSize+50, 40)
	if err := record(ctx, l, all, 1); err != nil {
		return err
	}
	l.Close()                      // waits for the binding
	l = access.Open(store, v, nil) // as the next process does
	more := entries(4, 1, 40)
	if err := record(ctx, l, more, 1); err != nil {
		return err
	}
	l.Close()
	parts, err := store.Bucket(ctx, 0)
	if err != nil || len(parts) != 1 {
		return fmt.Errorf("bucket 0 has %d parts, %v", len(parts), err)
	}
	return seesAll(ctx, access.Open(store, v, nil), append(all, more...), 40, 25)
}

func totals(ctx context.Context, v *vault.Vault, open Open) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	l := access.Open(store, v, nil)
	defer l.Close()
	all := entries(5, 100, 9)
	if err := record(ctx, l, all, 4); err != nil {
		return err
	}
	got, err := l.Count(ctx)
	if err != nil {
		return err
	}
	reads := int64(0)
	for _, e := range all {
		if e.Bulk != nil {
			reads += int64(e.Bulk.GetCardinality())
		} else {
			reads++
		}
	}
	if got.Entries != 100 || got.Reads != reads || got.Groups < 1 || got.Groups > 100 {
		return fmt.Errorf("%+v, want 100 entries and %d reads", got, reads)
	}
	report, err := l.Check(ctx)
	if err == nil && report.Totals != got {
		err = fmt.Errorf("the rows hold %+v, the totals say %+v", report.Totals, got)
	}
	return err
}
