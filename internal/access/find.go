package access

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

const (
	maxPage  = 1000 // entries of one answer
	readStep = 16   // groups opened at a time
)

// place orders entries: by time, then by where they are written.
type place struct {
	at    int64 // UnixMicro
	group ID
	index uint32 // in the group
}

func (p place) before(q place) bool {
	if p.at != q.at {
		return p.at < q.at
	}
	if c := p.group.Compare(q.group); c != 0 {
		return c < 0
	}
	return p.index < q.index
}

type placed struct {
	place
	entry Entry
}

// Of gives the entries about one customer, newest first, those of bulk reads
// included, and the cursor of the next page ("" at the end). An entry that is
// recorded while somebody turns pages may be missed by them; none is shown
// twice. fault.ErrBadCursor for a cursor that is not ours.
func (l *Log) Of(ctx context.Context, subject uuid.UUID, ordinal int64, cursor string, limit int) ([]Entry, string, error) {
	if ordinal < 0 || ordinal > math.MaxUint32 {
		return nil, "", nil
	}
	below, err := parseCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	heads, err := l.candidates(ctx, uint32(ordinal))
	if err != nil {
		return nil, "", err
	}
	// What began after the cursor was shown before it.
	heads = slices.DeleteFunc(heads, func(h Head) bool { return h.From.UnixMicro() > below.at })
	limit = min(max(limit, 1), maxPage)
	found, err := l.newest(ctx, heads, about{subject, uint32(ordinal)}, below, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(found) > limit {
		found, next = found[:limit], found[limit-1].cursor()
	}
	out := make([]Entry, len(found))
	for i := range found {
		out[i] = found[i].entry
	}
	return out, next, nil
}

// newest opens groups, latest first, until want entries are certain: a group
// that is not open yet cannot hold a later one than its To.
func (l *Log) newest(ctx context.Context, heads []Head, who about, below place, want int) ([]placed, error) {
	var found []placed
	for len(heads) > 0 {
		step := heads[:min(readStep, len(heads))]
		heads = heads[len(step):]
		some, err := l.openAll(ctx, step, who)
		if err != nil {
			return nil, err
		}
		for _, p := range some {
			if p.before(below) {
				found = append(found, p)
			}
		}
		slices.SortFunc(found, func(a, b placed) int {
			if b.before(a.place) {
				return -1
			}
			return 1 // no two are equal
		})
		if len(found) >= want && (len(heads) == 0 || found[want-1].at > heads[0].To.UnixMicro()) {
			break
		}
	}
	return found[:min(len(found), want)], nil
}

func (l *Log) openAll(ctx context.Context, heads []Head, who about) ([]placed, error) {
	ids := make([]ID, len(heads))
	for i := range heads {
		ids[i] = heads[i].ID
	}
	groups, err := l.store.Read(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var out []placed
	for i := range groups {
		g := &groups[i]
		entries, err := open(ctx, l.keys, g)
		if errors.Is(err, ErrCorrupt) {
			l.logger.Error("a row of the access log does not open", "writer", g.Writer, "seq", g.Seq)
			out = append(out, placed{place{g.To.UnixMicro(), g.ID, 0}, who.unreadable(g.To)})
			continue
		}
		if err != nil {
			return nil, err
		}
		for n := range entries {
			if e := &entries[n]; who.in(e) {
				out = append(out, placed{place{e.At.UnixMicro(), g.ID, uint32(n)}, *e})
			}
		}
	}
	return out, nil
}

// about is the customer that asks.
type about struct {
	subject uuid.UUID
	ordinal uint32
}

// in tells whether an entry is about the customer, and takes the others out.
func (a about) in(e *Entry) bool {
	if e.Bulk == nil {
		return e.Subject == a.subject
	}
	if !e.Bulk.Contains(a.ordinal) {
		return false
	}
	e.Bulk = roaring.BitmapOf(a.ordinal)
	return true
}

func (a about) unreadable(at time.Time) Entry {
	return Entry{At: at, Subject: a.subject, Ordinal: int64(a.ordinal), Unreadable: true}
}

const cursorSize = 8 + 16 + 8 + 4

// cursor says where a page ended. It names no customer.
func (p place) cursor() string {
	b := make([]byte, 0, cursorSize)
	b = binary.BigEndian.AppendUint64(b, uint64(p.at))
	b = append(b, p.group.Writer[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(p.group.Seq))
	b = binary.BigEndian.AppendUint32(b, p.index)
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (place, error) {
	if s == "" {
		return place{at: math.MaxInt64}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != cursorSize {
		return place{}, fault.ErrBadCursor
	}
	return place{
		at:    int64(binary.BigEndian.Uint64(b)),
		group: ID{Writer: uuid.UUID(b[8:24]), Seq: int64(binary.BigEndian.Uint64(b[24:]))},
		index: binary.BigEndian.Uint32(b[32:]),
	}, nil
}
