package access

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"time"

	"github.com/google/uuid"
)

// Store keeps groups. Drivers sit one folder below and run the one suite in
// accesstest. Safe for concurrent use.
type Store interface {
	// Append makes a group durable before it returns nil. After an error its
	// fate is unknown.
	Append(ctx context.Context, g Group) error
	// Read gives the groups that exist, in no order.
	Read(ctx context.Context, ids ...ID) ([]Group, error)
	// Scan gives groups after an id, in the order of ids.
	Scan(ctx context.Context, after ID, limit int) ([]Group, error)
	// Within gives groups whose last entry is in [from, to), each once, in an
	// order of the store's own: after the last head of a page comes the next
	// page, after the zero head the first.
	Within(ctx context.Context, from, to time.Time, after Head, limit int) ([]Group, error)
	// Loose gives the clear part of groups that are in no span yet, after an
	// id, in the order of ids.
	Loose(ctx context.Context, after ID, limit int) ([]Head, error)
	// Slots gives the clear part of groups by their slots in a span, in no
	// order; without slots, of all its groups.
	Slots(ctx context.Context, span uuid.UUID, slots ...int64) ([]Head, error)
	// Bind puts loose groups into a new span, all or nothing. It reports false
	// when one of them is gone or in a span already.
	Bind(ctx context.Context, s Span) (bool, error)
	// Bucket gives every span's part for one bucket.
	Bucket(ctx context.Context, bucket uint32) ([]Part, error)
	// Parts gives the parts of one span.
	Parts(ctx context.Context, span uuid.UUID) ([]Part, error)
	// Totals adds up all groups.
	Totals(ctx context.Context) (Totals, error)
	Close() error
}

// ID names a group: the how-manieth row of which writer. A writer is one run
// of one process, so that a missing number is a missing row.
type ID struct {
	Writer uuid.UUID
	Seq    int64 // from 1
}

// Compare orders ids by writer, then number.
func (a ID) Compare(b ID) int {
	return cmp.Or(bytes.Compare(a.Writer[:], b.Writer[:]), cmp.Compare(a.Seq, b.Seq))
}

// Head is what a group says in clear. All of it but Span and Slot is bound to
// the sealed part.
type Head struct {
	ID
	From, To time.Time // of its entries, inclusive; microseconds, UTC
	Entries  int64
	Reads    int64     // customers over all entries: a bulk entry counts each
	Ordinals []byte    // a serialised roaring bitmap
	Span     uuid.UUID // the zero UUID until it is bound
	Slot     int64     // which of the span's groups it is, from 0
}

// Group is one row.
type Group struct {
	Head
	Sealed []byte
}

// Span is an inverted index over some groups: for each customer the groups that
// are about it, split into buckets of ordinals, so that finding one customer's
// groups reads one small part a span and not every row.
type Span struct {
	ID     uuid.UUID
	Groups []ID // in order; the index is the slot
	Parts  []Part
}

// Part is a span's index within one bucket of ordinals.
type Part struct {
	Span   uuid.UUID
	Bucket uint32
	Pairs  []byte // a serialised roaring bitmap of (ordinal, slot), see pair
}

// Totals is what the log holds. Reads is what has to equal the number of
// customers whose personal data was shown.
type Totals struct {
	Groups, Entries, Reads int64
}

// Run is a run of consecutive numbers of one writer.
type Run struct {
	Slot        int64 // of the first
	Writer      uuid.UUID
	First, Last int64
}

// Runs splits the groups of a span, which are in order, into runs.
func (s *Span) Runs() iter.Seq[Run] {
	ids := s.Groups
	return func(yield func(Run) bool) {
		for start := 0; start < len(ids); {
			end := start + 1
			for end < len(ids) && ids[end].Writer == ids[start].Writer && ids[end].Seq == ids[end-1].Seq+1 {
				end++
			}
			if !yield(Run{int64(start), ids[start].Writer, ids[start].Seq, ids[end-1].Seq}) {
				return
			}
			start = end
		}
	}
}
