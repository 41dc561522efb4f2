// Package access is the access log: who read which customer's data, through
// what, what for, from where and when. A read is answered only after its entry is durable, and
// the customer can see the entries about it.
//
// Entries that arrive together share one row (a group) and one fsync. A row
// says in clear when it was written, how much it holds, and the ordinals of the
// customers it is about, which are pseudonyms: that is how a customer's entries
// are found. Everything else is sealed. An entry never holds a value of a
// customer: field groups, ids and codes only.
//
// A row that was edited, swapped or removed from the middle is found by Check.
// Not promised: that rows missing at the end of a writer's sequence, or all the
// rows of a writer, are missed; that needs a witness outside this database.
package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/batch"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
)

// GroupSize is how many entries share a row at most.
const GroupSize = 512

// Entry is one read, of one customer or of many.
type Entry struct {
	At      time.Time // kept in microseconds, UTC
	Actor   string    // the caller's role
	ActorID string    // the token's subject
	Action  string    // the operation
	Channel string    // through what: api, import, link
	Purpose string    // what for, as declared: one of a configured list, or ""
	From    string    // the caller's network: an IPv4 address, an IPv6 /64, or ""
	Fields  uint32    // mask of the field groups that were shown
	Trace   string    // W3C trace id or ""

	Subject uuid.UUID // the customer; the zero UUID when Bulk is set
	Ordinal int64     // of Subject
	// Bulk holds the ordinals of the customers that one operation read. In an
	// answer to one customer it holds that customer alone: a bulk read must
	// not tell one customer of the others.
	Bulk *roaring.Bitmap

	// Unreadable marks, in answers only, a row that does not open: there was
	// at least one read, last at At, and Check says more.
	Unreadable bool
}

// itself tells that customers read their own data, which is nothing to count.
func (e *Entry) itself() bool { return e.Actor == string(event.ActorCustomer) }

// addTo adds whom the entry is about.
func (e *Entry) addTo(ordinals *roaring.Bitmap) {
	if e.Bulk != nil {
		ordinals.Or(e.Bulk)
	} else {
		ordinals.Add(uint32(e.Ordinal))
	}
}

// Keyring is the part of the vault that the log needs.
type Keyring interface {
	// Service gives the keys of the service itself by their name, and makes
	// them when there are none.
	Service(ctx context.Context, name string) (*vault.Keys, error)
}

// Log records reads and finds them again. Use Open.
type Log struct {
	store  Store
	keys   Keyring
	logger *slog.Logger
	writer *batch.Writer[*Entry, struct{}]
	sealer sealer

	unbound    atomic.Int64 // rows since the last binding, about
	binding    atomic.Bool
	background sync.WaitGroup
}

// Open starts a log over a store. It does not own the store.
func Open(store Store, keys Keyring, logger *slog.Logger) *Log {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	l := &Log{store: store, keys: keys, logger: logger, sealer: newSealer()}
	if !recorded {
		l.logger.Error("THIS IS A BUILD FOR BENCHMARKS: no read is on record")
	}
	l.unbound.Store(SpanSize) // whatever an earlier process left is bound soon
	l.writer = batch.New(GroupSize, l.write)
	return l
}

// Record returns nil once the entry is durable. After any error the caller
// must not answer the read: the entry's fate is unknown.
func (l *Log) Record(ctx context.Context, e Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	if !recorded {
		return nil
	}
	_, err := l.writer.Do(ctx, &e)
	if errors.Is(err, batch.ErrClosed) {
		err = fault.ErrUnavailable.With(err)
	}
	return err
}

// Close writes what was handed in.
func (l *Log) Close() {
	l.writer.Close()
	l.background.Wait()
}

func (e *Entry) check() error {
	switch {
	case e.At.IsZero() || e.Action == "" || e.Actor == "":
		return fault.ErrInternal.With(errors.New("access: an entry without time, actor or action"))
	case (e.Bulk == nil) == (e.Subject == uuid.Nil):
		return fault.ErrInternal.With(errors.New("access: an entry is about one customer or about a set"))
	case e.Ordinal < 0 || e.Ordinal > math.MaxUint32:
		return fault.ErrInternal.With(fmt.Errorf("access: ordinal %d", e.Ordinal))
	}
	return nil
}

// write makes one row of a group. All share its fate.
func (l *Log) write(ctx context.Context, entries []*Entry) []batch.Outcome[struct{}] {
	err := l.append(ctx, entries)
	out := make([]batch.Outcome[struct{}], len(entries))
	if err != nil {
		for i := range out {
			out[i].Err = err
		}
		return out
	}
	if l.unbound.Add(1) >= SpanSize && l.binding.CompareAndSwap(false, true) {
		l.background.Go(l.bind)
	}
	return out
}

func (l *Log) append(ctx context.Context, entries []*Entry) error {
	g, err := l.sealer.seal(ctx, l.keys, entries)
	if err != nil {
		return err
	}
	if err := l.store.Append(ctx, g); err != nil {
		// It may have happened all the same. A new writer keeps its number
		// from being used twice, and its absence from looking like a loss.
		l.sealer.renew()
		return err
	}
	l.sealer.id.Seq++
	return nil
}
