package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
)

// Report is what Check found. Problems are described by ids alone.
type Report struct {
	Totals
	Unreadable int64    // rows that do not open
	Missing    int64    // rows between two others of one writer
	Hidden     int64    // rows that a customer's own view would not find
	Problems   []string // the first hundred
}

// Count adds up what is recorded, from the clear part of the rows.
func (l *Log) Count(ctx context.Context) (Totals, error) { return l.store.Totals(ctx) }

// Check opens every row, compares it with what it says in clear, looks for
// missing rows and for rows that would not be found. The error is ErrCorrupt
// when there is any problem, or says why the check could not be made.
//
// Rows that went with a destroyed month are not missing: a writer's sequence
// may begin late.
func (l *Log) Check(ctx context.Context) (Report, error) {
	c := checker{log: l}
	for last := (ID{}); ; {
		groups, err := l.store.Scan(ctx, last, 256)
		if err != nil {
			return c.report, err
		}
		for i := range groups {
			if err := c.group(ctx, last, &groups[i]); err != nil {
				return c.report, err
			}
			last = groups[i].ID
		}
		if len(groups) == 0 {
			break
		}
	}
	if r := &c.report; r.Unreadable+r.Missing+r.Hidden > 0 {
		return *r, fmt.Errorf("%w: %d unreadable, %d missing, %d hidden", ErrCorrupt, r.Unreadable, r.Missing, r.Hidden)
	}
	return c.report, nil
}

type checker struct {
	log    *Log
	report Report
	span   uuid.UUID                  // of pairs
	pairs  map[uint32]*roaring.Bitmap // by bucket
}

func (c *checker) group(ctx context.Context, last ID, g *Group) error {
	c.report.Groups++
	if gap := g.Seq - last.Seq - 1; g.Writer == last.Writer && gap > 0 {
		c.report.Missing += gap
		c.problem("%s: %d rows before %d are missing", g.Writer, gap, g.Seq)
	}
	entries, err := open(ctx, c.log.keys, g)
	switch {
	case errors.Is(err, ErrCorrupt):
		c.report.Unreadable++
		c.problem("%s/%d does not open", g.Writer, g.Seq)
		return nil
	case err != nil:
		return err
	}
	c.report.Entries += int64(len(entries))
	c.report.Reads += g.Reads // bound to the sealed part
	return c.findable(ctx, g)
}

// findable: a loose group is found by its own bitmap, another through its span.
func (c *checker) findable(ctx context.Context, g *Group) error {
	if g.Span == uuid.Nil {
		return nil
	}
	if c.pairs == nil || g.Span != c.span {
		parts, err := c.log.store.Parts(ctx, g.Span)
		if err != nil {
			return err
		}
		c.span, c.pairs = g.Span, map[uint32]*roaring.Bitmap{}
		for i := range parts {
			if b, err := bitmap(parts[i].Pairs); err == nil {
				c.pairs[parts[i].Bucket] = b
			}
		}
	}
	own, err := bitmap(g.Ordinals)
	if err != nil || !c.indexed(own, g.Slot) {
		c.report.Hidden++
		c.problem("%s/%d is not in the parts of span %s", g.Writer, g.Seq, g.Span)
	}
	return nil
}

func (c *checker) indexed(ordinals *roaring.Bitmap, slot int64) bool {
	for it := ordinals.Iterator(); it.HasNext(); {
		ordinal := it.Next()
		if b := c.pairs[bucketOf(ordinal)]; b == nil || !b.Contains(pair(ordinal, slot)) {
			return false
		}
	}
	return true
}

func (c *checker) problem(format string, args ...any) {
	if len(c.report.Problems) < 100 {
		c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
	}
}
