package bustest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/bus"
)

// DeadLetterCheck is one promise of bus.DeadLetters, on an empty store.
type DeadLetterCheck struct {
	Name string
	Run  func(ctx context.Context, d bus.DeadLetters) error
}

// DeadLetters runs every check on a store of its own.
func DeadLetters(t *testing.T, open func(t *testing.T) bus.DeadLetters) {
	for _, c := range DeadLetterChecks() {
		t.Run(c.Name, func(t *testing.T) {
			d := open(t)
			defer d.Close()
			if err := c.Run(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
	}
}

// DeadLetterChecks lists them.
func DeadLetterChecks() []DeadLetterCheck {
	return []DeadLetterCheck{
		{"a letter comes back as it was put, once", roundTrip},
		{"lists are paged by id and hold nothing sealed", paged},
		{"a user's letters are found", findUser},
		{"a day is dropped with its letters, and known when they are gone", days},
	}
}

func letter(n int) bus.SealedLetter {
	return bus.SealedLetter{
		Letter: bus.Letter{ID: fmt.Sprintf("%032x", n), Subject: "identity.v1.UserRegistered", Code: "invalid", Attempts: n,
			At: time.Date(2026, 11, 1+n%3, 12, 30, 0, 123456000, time.UTC)},
		Day: fmt.Sprintf("2026-11-%02d", 1+n%3), User: [32]byte{byte(n % 2), 7}, Sealed: []byte{0, 255, byte(n)},
	}
}

func fill(ctx context.Context, d bus.DeadLetters, n int) error {
	for i := range n {
		if err := d.Put(ctx, letter(i)); err != nil {
			return err
		}
	}
	return nil
}

func roundTrip(ctx context.Context, d bus.DeadLetters) error {
	if err := fill(ctx, d, 3); err != nil {
		return err
	}
	again := letter(1)
	again.Sealed, again.Code = []byte("another"), "internal"
	if err := d.Put(ctx, again); err != nil {
		return fmt.Errorf("put again: %w", err)
	}
	got, err := d.Get(ctx, letter(1).ID)
	if diff := cmp.Diff(letter(1), got); err != nil || diff != "" {
		return fmt.Errorf("got %v %s", err, diff)
	}
	if n, err := d.Count(ctx); n != 3 || err != nil {
		return fmt.Errorf("count %d, %v", n, err)
	}
	for range 2 { // deleting is idempotent
		if err := d.Delete(ctx, letter(1).ID); err != nil {
			return err
		}
	}
	if _, err := d.Get(ctx, letter(1).ID); !errors.Is(err, bus.ErrNoLetter) {
		return fmt.Errorf("a deleted letter: %v", err)
	}
	return nil
}

func paged(ctx context.Context, d bus.DeadLetters) error {
	if err := fill(ctx, d, 10); err != nil {
		return err
	}
	var ids []string
	for after := ""; ; {
		page, err := d.List(ctx, after, 3)
		if err != nil {
			return err
		}
		for _, l := range page {
			if l.Sealed != nil {
				return errors.New("a list holds sealed data")
			}
			ids = append(ids, l.ID)
		}
		if len(page) < 3 {
			break
		}
		after = page[len(page)-1].ID
	}
	if len(ids) != 10 || !slices.IsSorted(ids) {
		return fmt.Errorf("listed %v", ids)
	}
	return nil
}

func findUser(ctx context.Context, d bus.DeadLetters) error {
	if err := fill(ctx, d, 5); err != nil {
		return err
	}
	got, err := d.FindUser(ctx, [32]byte{1, 7})
	if diff := cmp.Diff([]string{letter(1).ID, letter(3).ID}, got); err != nil || diff != "" {
		return fmt.Errorf("found %v %s", err, diff)
	}
	got, err = d.FindUser(ctx, [32]byte{9})
	if err != nil || len(got) != 0 {
		return fmt.Errorf("found %v, %v for nobody", got, err)
	}
	return nil
}

func days(ctx context.Context, d bus.DeadLetters) error {
	if err := fill(ctx, d, 6); err != nil {
		return err
	}
	for _, n := range []int{0, 3} { // all of the first day
		if err := d.Delete(ctx, letter(n).ID); err != nil {
			return err
		}
	}
	got, err := d.Days(ctx, "2026-11-03")
	if diff := cmp.Diff([]string{"2026-11-01", "2026-11-02"}, got); err != nil || diff != "" {
		return fmt.Errorf("days %v %s", err, diff)
	}
	for day, want := range map[string]int64{"2026-11-01": 0, "2026-11-02": 2} {
		if n, err := d.DropDay(ctx, day); n != want || err != nil {
			return fmt.Errorf("dropped %d of %s, %v", n, day, err)
		}
	}
	if got, err = d.Days(ctx, "2026-11-03"); err != nil || len(got) != 0 {
		return fmt.Errorf("days left %v, %v", got, err)
	}
	if n, err := d.Count(ctx); n != 2 || err != nil {
		return fmt.Errorf("%d letters left, %v", n, err)
	}
	return nil
}
