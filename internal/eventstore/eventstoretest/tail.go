package eventstoretest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"strings"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// Tail is what a reader of the feed has got: where it is, how many records,
// and a digest of them in their order. The zero Tail is at the start.
type Tail struct {
	After int64
	Count int64
	sum   hash.Hash
	err   error
}

// Take adds a page.
func (t *Tail) Take(page []eventstore.Record) {
	if t.sum == nil {
		t.sum = sha256.New()
	}
	for i := range page {
		r := &page[i]
		if r.Position <= t.After && t.err == nil {
			t.err = fmt.Errorf("position %d came after %d", r.Position, t.After)
		}
		if r.Position > t.After+1 && t.err == nil {
			t.err = fmt.Errorf("position %d came after %d: a gap, or a record that was skipped", r.Position, t.After)
		}
		t.After, t.Count = r.Position, t.Count+1
		fmt.Fprintf(t.sum, "%d %s %d\n", r.Position, r.Stream, r.Version)
	}
}

// Same compares what was delivered with what is in the table.
func (t *Tail) Same(table *Tail) error {
	switch {
	case t.err != nil:
		return t.err
	case t.Count != table.Count:
		return fmt.Errorf("%d records delivered, %d in the table", t.Count, table.Count)
	case t.Count > 0 && string(t.sum.Sum(nil)) != string(table.sum.Sum(nil)):
		return errors.New("the records delivered are not those in the table")
	}
	return table.err
}

// CheckClaims replays the log that "claim" jobs wrote and gives the holders.
// It needs no claims table: a record says what its commit took or gave back.
func CheckClaims(log []eventstore.Record) (map[string]uuid.UUID, error) {
	holders := map[string]uuid.UUID{}
	for _, r := range log {
		for change := range strings.FieldsSeq(string(r.Public)) {
			value := change[1:]
			holder, held := holders[value]
			switch {
			case change[0] == '+' && held && holder != r.Subject:
				return nil, fmt.Errorf("at position %d %s takes a claim of %s", r.Position, r.Subject, holder)
			case change[0] == '+':
				holders[value] = r.Subject
			case change[0] == '-' && holder == r.Subject:
				delete(holders, value)
			}
		}
	}
	return holders, nil
}

// awaitOr waits for the head or for the writers to be done.
func (s *scene) awaitOr(done <-chan struct{}, after int64) error {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := s.store.Await(ctx, after)
	if s.Context().Err() == nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
