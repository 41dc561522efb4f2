package accesstest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/vault"
)

// group makes a row as the log would, sealed with nothing.
func group(writer uuid.UUID, seq int64) access.Group {
	raw, err := roaring.BitmapOf(uint32(seq)).ToBytes()
	if err != nil {
		panic(err)
	}
	return access.Group{Head: access.Head{ID: access.ID{Writer: writer, Seq: seq}, From: time.UnixMicro(1).UTC(),
		To: time.UnixMicro(seq).UTC(), Entries: 1, Reads: 1, Ordinals: raw}, Sealed: []byte{1}}
}

func unique(ctx context.Context, _ *vault.Vault, open Open) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	g := group(uuid.New(), 1)
	if err := store.Append(ctx, g); err != nil {
		return err
	}
	if store.Append(ctx, g) == nil {
		return errors.New("a number was used twice")
	}
	got, err := store.Read(ctx, g.ID, access.ID{Writer: g.Writer, Seq: 2})
	if err != nil || len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(g) {
		return fmt.Errorf("read %v, %v; want %v", got, err, g)
	}
	return nil
}

// bindOnce: of many that bind the same groups, one does; a span over a group
// that is bound or missing leaves the others loose.
func bindOnce(ctx context.Context, _ *vault.Vault, open Open) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	writer := uuid.New()
	var ids []access.ID
	for seq := range int64(10) {
		g := group(writer, seq+1)
		if err := store.Append(ctx, g); err != nil {
			return err
		}
		ids = append(ids, g.ID)
	}
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			span := uuid.New()
			ok, err := store.Bind(ctx, access.Span{ID: span, Groups: ids[:8], Parts: []access.Part{{Span: span, Pairs: []byte{1}}}})
			if err == nil && ok {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		return fmt.Errorf("%d of 8 bound the same groups", won.Load())
	}
	missing := access.ID{Writer: writer, Seq: 11}
	for _, bad := range [][]access.ID{ids[7:], append(ids[8:10:10], missing)} {
		if ok, err := store.Bind(ctx, access.Span{ID: uuid.New(), Groups: bad}); ok || err != nil {
			return fmt.Errorf("binding %v: %v, %v", bad, ok, err)
		}
	}
	if err := slotted(ctx, store, writer); err != nil {
		return err
	}
	loose, err := store.Loose(ctx, access.ID{}, 100)
	parts, err2 := store.Bucket(ctx, 0)
	if errors.Join(err, err2) != nil || len(loose) != 2 || len(parts) != 1 {
		return fmt.Errorf("%d loose, %d parts, %v", len(loose), len(parts), errors.Join(err, err2))
	}
	return nil
}

// slotted: the groups of a span are found by their slots, and only those.
func slotted(ctx context.Context, store access.Store, writer uuid.UUID) error {
	parts, err := store.Bucket(ctx, 0)
	if err != nil || len(parts) != 1 {
		return fmt.Errorf("%d parts, %v", len(parts), err)
	}
	all, err := store.Slots(ctx, parts[0].Span)
	if err != nil || len(all) != 8 {
		return fmt.Errorf("the span has %d groups, %v", len(all), err)
	}
	some, err := store.Slots(ctx, parts[0].Span, 3, 5, 9)
	if err != nil || len(some) != 2 {
		return fmt.Errorf("slots 3, 5 and 9 hold %d groups, %v", len(some), err)
	}
	for _, h := range append(all, some...) {
		if h.Writer != writer || h.Slot != h.Seq-1 || h.Span != parts[0].Span {
			return fmt.Errorf("group %d is in slot %d of %s", h.Seq, h.Slot, h.Span)
		}
	}
	return nil
}

// A faulty store each for what the checks have to notice.

type late struct { // says yes, and writes when the next one comes
	access.Store
	mu   sync.Mutex
	held *access.Group
}

func ackFirst(s access.Store) access.Store { return &late{Store: s} }

func (s *late) Append(ctx context.Context, g access.Group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.held
	s.held = &g
	if before == nil {
		return nil
	}
	return s.Store.Append(ctx, *before)
}

type lenient struct{ access.Store } // takes a number twice

func forgetful(s access.Store) access.Store { return lenient{s} }

func (s lenient) Append(ctx context.Context, g access.Group) error {
	_ = s.Store.Append(ctx, g)
	return nil
}

type blind struct{ access.Store } // loses a head of each listing

func dropHead(s access.Store) access.Store { return blind{s} }

func (s blind) Loose(ctx context.Context, after access.ID, limit int) ([]access.Head, error) {
	heads, err := s.Store.Loose(ctx, after, limit)
	return heads[min(1, len(heads)):], err
}

type partial struct{ access.Store } // binds without the second part

func dropPart(s access.Store) access.Store { return partial{s} }

func (s partial) Bind(ctx context.Context, span access.Span) (bool, error) {
	span.Parts = append(span.Parts[:1:1], span.Parts[2:]...)
	return s.Store.Bind(ctx, span)
}

type eager struct{ access.Store } // binds whatever it is told

func bindAlways(s access.Store) access.Store { return eager{s} }

func (s eager) Bind(ctx context.Context, span access.Span) (bool, error) {
	_, err := s.Store.Bind(ctx, span)
	return true, err
}

type lossy struct { // loses one row and says nothing
	access.Store
	seen atomic.Int64
}

func dropGroup(s access.Store) access.Store { return &lossy{Store: s} }

func (s *lossy) Append(ctx context.Context, g access.Group) error {
	if s.seen.Add(1) == 2 {
		return nil
	}
	return s.Store.Append(ctx, g)
}
