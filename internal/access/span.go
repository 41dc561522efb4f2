package access

import (
	"context"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

const (
	// SpanSize is how many groups make a span.
	SpanSize = 1024
	// bucketBits: 4,096 ordinals a bucket.
	bucketBits = 12
)

func bucketOf(ordinal uint32) uint32 { return ordinal >> bucketBits }

// bind puts the loose groups into spans, as far as they fill one. What fails
// here is tried again later; until then those groups are found the slow way.
func (l *Log) bind() {
	defer l.binding.Store(false)
	ctx := context.Background() // of no caller; drivers bound every statement
	for {
		heads, err := l.store.Heads(ctx, uuid.Nil, ID{}, SpanSize)
		bound := false
		if err == nil && len(heads) == SpanSize {
			bound, err = l.bindSpan(ctx, heads)
		}
		if err != nil {
			l.logger.Warn("the access log's index stands still", "code", fault.CodeOf(err), "error", err)
		}
		if !bound { // nothing to do, or another instance was at it
			l.loose.Store(int64(len(heads)) % SpanSize)
			return
		}
	}
}

func (l *Log) bindSpan(ctx context.Context, heads []Head) (bool, error) {
	span := Span{ID: uuid.Must(uuid.NewV7())}
	all := roaring.New()
	for i := range heads {
		b, err := bitmap(heads[i].Ordinals)
		if err != nil {
			return false, fmt.Errorf("%w: %s/%d", ErrCorrupt, heads[i].Writer, heads[i].Seq)
		}
		all.Or(b)
		span.Groups = append(span.Groups, heads[i].ID)
	}
	var err error
	if span.Parts, err = parts(span.ID, all); err != nil {
		return false, err
	}
	return l.store.Bind(ctx, span)
}

// parts splits a bitmap at the borders of buckets.
func parts(span uuid.UUID, all *roaring.Bitmap) ([]Part, error) {
	var out []Part
	for it := all.Iterator(); it.HasNext(); {
		bucket := bucketOf(it.PeekNext())
		end := uint64(bucket+1) << bucketBits
		part := roaring.New()
		for it.HasNext() && uint64(it.PeekNext()) < end {
			part.Add(it.Next())
		}
		raw, err := part.ToBytes()
		if err != nil {
			return nil, err
		}
		out = append(out, Part{Span: span, Bucket: bucket, Ordinals: raw})
	}
	return out, nil
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

// candidates gives the heads of all groups about an ordinal, each once,
// without their bitmaps. Loose groups are read before the spans: one that is
// bound meanwhile is then seen twice, and never not at all.
func (l *Log) candidates(ctx context.Context, ordinal uint32) ([]Head, error) {
	found := map[ID]Head{}
	if err := l.match(ctx, uuid.Nil, ordinal, found); err != nil {
		return nil, err
	}
	spans, err := l.store.Bucket(ctx, bucketOf(ordinal))
	if err != nil {
		return nil, err
	}
	for i := range spans {
		if b, err := bitmap(spans[i].Ordinals); err == nil && !b.Contains(ordinal) {
			continue // an unreadable part excludes nothing
		}
		if err := l.match(ctx, spans[i].Span, ordinal, found); err != nil {
			return nil, err
		}
	}
	out := make([]Head, 0, len(found))
	for _, h := range found {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Head) int {
		if c := b.To.Compare(a.To); c != 0 {
			return c
		}
		return b.ID.Compare(a.ID)
	})
	return out, nil
}

// match adds the groups of a span that are about an ordinal. A group whose
// bitmap cannot be read may be about anyone: it is kept, and shown as
// unreadable when it does not open.
func (l *Log) match(ctx context.Context, span uuid.UUID, ordinal uint32, found map[ID]Head) error {
	last := ID{}
	for {
		heads, err := l.store.Heads(ctx, span, last, SpanSize)
		if err != nil {
			return err
		}
		for i := range heads {
			h := &heads[i]
			if b, err := bitmap(h.Ordinals); err != nil || b.Contains(ordinal) {
				h.Ordinals = nil
				found[h.ID] = *h
			}
		}
		if len(heads) < SpanSize {
			return nil
		}
		last = heads[len(heads)-1].ID
	}
}
