package access

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

const (
	slotBits = 10
	// SpanSize is how many groups make a span.
	SpanSize = 1 << slotBits
	// bucketBits: 4,096 ordinals a bucket.
	bucketBits = 12
)

func bucketOf(ordinal uint32) uint32 { return ordinal >> bucketBits }

// pair puts a slot beside the ordinal's place in its bucket, so that a
// customer's slots are neighbours.
func pair(ordinal uint32, slot int64) uint32 {
	return ordinal&(1<<bucketBits-1)<<slotBits | uint32(slot)
}

// bind puts the loose groups into spans, as far as they fill one. What fails
// here is tried again later; until then those groups are found the slow way.
func (l *Log) bind() {
	defer l.binding.Store(false)
	ctx := context.Background() // of no caller; drivers bound every statement
	for {
		heads, err := l.store.Loose(ctx, ID{}, SpanSize)
		bound := false
		if err == nil && len(heads) == SpanSize {
			bound, err = l.bindSpan(ctx, heads)
		}
		if err != nil {
			l.logger.Warn("the access log's index stands still", "code", fault.CodeOf(err), "error", err)
		}
		if !bound { // nothing to do, or another instance was at it
			l.unbound.Store(int64(len(heads)) % SpanSize)
			return
		}
	}
}

func (l *Log) bindSpan(ctx context.Context, heads []Head) (bool, error) {
	span := Span{ID: uuid.Must(uuid.NewV7())}
	buckets := map[uint32]*roaring.Bitmap{}
	for slot := range heads {
		b, err := bitmap(heads[slot].Ordinals)
		if err != nil {
			return false, fmt.Errorf("%w: %s/%d", ErrCorrupt, heads[slot].Writer, heads[slot].Seq)
		}
		for it := b.Iterator(); it.HasNext(); {
			ordinal := it.Next()
			bucket := buckets[bucketOf(ordinal)]
			if bucket == nil {
				bucket = roaring.New()
				buckets[bucketOf(ordinal)] = bucket
			}
			bucket.Add(pair(ordinal, int64(slot)))
		}
		span.Groups = append(span.Groups, heads[slot].ID)
	}
	for _, number := range slices.Sorted(maps.Keys(buckets)) {
		raw, err := buckets[number].ToBytes()
		if err != nil {
			return false, err
		}
		span.Parts = append(span.Parts, Part{Span: span.ID, Bucket: number, Pairs: raw})
	}
	return l.store.Bind(ctx, span)
}

// bitmap reads a clear bitmap, which anybody with the file in hand may have
// changed: it is validated, because the library trusts what it works on.
func bitmap(raw []byte) (*roaring.Bitmap, error) {
	b := roaring.New()
	if err := b.UnmarshalBinary(raw); err != nil {
		return nil, err
	}
	return b, b.Validate()
}

// candidates gives the heads of all groups about an ordinal, each once, latest
// first. Loose groups are read before the spans: one that is bound meanwhile is
// then seen twice, and never not at all.
func (l *Log) candidates(ctx context.Context, ordinal uint32) ([]Head, error) {
	out, err := l.loose(ctx, ordinal)
	if err != nil {
		return nil, err
	}
	parts, err := l.store.Bucket(ctx, bucketOf(ordinal))
	if err != nil {
		return nil, err
	}
	for i := range parts {
		slots, err := slotsOf(&parts[i], ordinal)
		if err == nil && len(slots) == 0 {
			continue
		}
		heads, err := l.store.Slots(ctx, parts[i].Span, slots...) // all of them, where the part cannot be read
		if err != nil {
			return nil, err
		}
		out = append(out, heads...)
	}
	slices.SortFunc(out, func(a, b Head) int {
		if c := b.To.Compare(a.To); c != 0 {
			return c
		}
		return b.ID.Compare(a.ID)
	})
	return slices.CompactFunc(out, func(a, b Head) bool { return a.ID == b.ID }), nil
}

// slotsOf gives the slots of a span's groups that are about an ordinal.
func slotsOf(p *Part, ordinal uint32) (slots []int64, err error) {
	pairs, err := bitmap(p.Pairs)
	if err != nil {
		return nil, err
	}
	first := pair(ordinal, 0)
	it := pairs.Iterator()
	for it.AdvanceIfNeeded(first); it.HasNext() && it.PeekNext()-first < SpanSize; {
		slots = append(slots, int64(it.Next()-first))
	}
	return slots, nil
}

// loose finds groups that are in no span. One whose bitmap cannot be read may
// be about anyone: it is kept, and shown as unreadable when it does not open.
func (l *Log) loose(ctx context.Context, ordinal uint32) (out []Head, err error) {
	last := ID{}
	for {
		heads, err := l.store.Loose(ctx, last, SpanSize)
		if err != nil {
			return nil, err
		}
		for i := range heads {
			if b, err := bitmap(heads[i].Ordinals); err != nil || b.Contains(ordinal) {
				out = append(out, heads[i])
			}
		}
		if len(heads) < SpanSize {
			return out, nil
		}
		last = heads[len(heads)-1].ID
	}
}
