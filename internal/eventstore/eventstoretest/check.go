package eventstoretest

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// CheckLog examines a whole feed: positions 1, 2, 3, …; versions 1, 2, 3, …
// within each stream; recorded time that never decreases.
func CheckLog(log []eventstore.Record) error {
	versions := map[event.Stream]int64{}
	for i, r := range log {
		if want := int64(i) + 1; r.Position != want {
			return fmt.Errorf("position %d where %d was expected", r.Position, want)
		}
		if want := versions[r.Stream] + 1; r.Version != want {
			return fmt.Errorf("position %d is version %d of %s, want %d", r.Position, r.Version, r.Stream, want)
		}
		versions[r.Stream] = r.Version
		if i > 0 && r.RecordedAt.Before(log[i-1].RecordedAt) {
			return fmt.Errorf("position %d was recorded before position %d", r.Position, r.Position-1)
		}
	}
	return nil
}

// CheckNumbers examines the rows of subjects: numbers 1 … n and ordinals
// 0 … n-1, each once and no more.
func CheckNumbers(ctx context.Context, store eventstore.Reader, rows []eventstore.Subject) error {
	seen := map[int64]uuid.UUID{}
	for _, r := range rows {
		if other, twice := seen[r.Number]; twice {
			return fmt.Errorf("number %d is %s and %s", r.Number, other, r.ID)
		}
		if r.Number < 1 || r.Number > int64(len(rows)) || r.Ordinal != r.Number-1 {
			return fmt.Errorf("number %d, ordinal %d among %d subjects", r.Number, r.Ordinal, len(rows))
		}
		seen[r.Number] = r.ID
		got, err := store.ByNumber(ctx, r.Number)
		if err != nil {
			return err
		}
		if got == nil || got.ID != r.ID {
			return fmt.Errorf("number %d is not found as %s", r.Number, r.ID)
		}
	}
	next, err := store.ByNumber(ctx, int64(len(rows))+1)
	if err == nil && next != nil {
		err = fmt.Errorf("%d subjects, but number %d exists", len(rows), next.Number)
	}
	return err
}

// CheckPages reads the feed in pages of several sizes: a page that is not full
// is the last one. A store that filters after it has cut the page fails this,
// and its readers stop early.
func CheckPages(ctx context.Context, store eventstore.Reader) error {
	head, err := store.Head(ctx)
	if err != nil {
		return err
	}
	for _, size := range []int{1, 3, 100} {
		for after := int64(0); after <= head; after += int64(size) {
			page, err := store.Feed(ctx, after, size)
			if err != nil {
				return err
			}
			if want := min(int64(size), head-after); int64(len(page)) != want {
				return fmt.Errorf("%d records after %d, want %d", len(page), after, want)
			}
			for i, r := range page {
				if r.Position != after+int64(i)+1 {
					return fmt.Errorf("position %d on the page after %d", r.Position, after)
				}
			}
		}
		if head > 2000 {
			break // one size is enough for a long log
		}
	}
	return nil
}

// problems runs the checkers over the store of a scene.
func (s *scene) problems() {
	s.Helper()
	log := s.all(500)
	if err := CheckLog(log); err != nil {
		s.Errorf("the log is broken: %v", err)
	}
	if head := s.head(); head != int64(len(log)) {
		s.Errorf("the head is %d, the feed has %d records", head, len(log))
	}
}
