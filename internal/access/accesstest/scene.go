package accesstest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
)

// Open opens a store at the scene's place; each call is like another process
// that opens it while the others still run.
type Open func() (access.Store, error)

// who makes a customer's id from its ordinal.
func who(ordinal int64) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(strconv.FormatInt(ordinal, 10)))
}

var start = time.Date(2026, 10, 31, 23, 59, 0, 0, time.UTC) // a month ends within most scenes

// entries makes n reads of up to customers customers, every tenth in bulk, at
// times that are out of order and sometimes equal.
func entries(seed uint64, n, customers int) []access.Entry {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]access.Entry, n)
	for i := range out {
		e := &out[i]
		*e = access.Entry{
			At:    start.Add(time.Duration(i)*time.Second - time.Duration(r.IntN(5))*time.Second),
			Actor: "support", ActorID: "agent-" + strconv.Itoa(r.IntN(4)), Action: "GetCustomer", Channel: "api", Purpose: "customer-care", From: "203.0.113." + strconv.Itoa(r.IntN(4)),
			Fields: r.Uint32(), Trace: fmt.Sprintf("%032x", i), // unique: tells entries apart
		}
		if i%10 == 9 {
			e.Bulk = roaring.New()
			for range r.IntN(2 * customers) {
				e.Bulk.Add(uint32(r.IntN(customers)) * 1777) // several buckets
			}
			continue
		}
		e.Ordinal = int64(r.IntN(customers)) * 1777
		e.Subject = who(e.Ordinal)
	}
	return out
}

// want is what a customer must see of some entries: traces, newest first where
// times differ.
func want(all []access.Entry, ordinal int64) []access.Entry {
	var out []access.Entry
	for _, e := range all {
		if e.Bulk != nil && e.Bulk.Contains(uint32(ordinal)) || e.Bulk == nil && e.Ordinal == ordinal {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b access.Entry) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return compareText(a.Trace, b.Trace)
	})
	return out
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// sees compares a customer's pages with what they must hold.
func sees(ctx context.Context, l *access.Log, all []access.Entry, ordinal int64, page int) error {
	var got []access.Entry
	for cursor, first := "", true; first || cursor != ""; first = false {
		some, next, err := l.Of(ctx, who(ordinal), ordinal, cursor, page)
		if err != nil {
			return err
		}
		if next != "" && len(some) != page || next == cursor && cursor != "" {
			return fmt.Errorf("customer %d: a page of %d, of %d, with more to come", ordinal, len(some), page)
		}
		got, cursor = append(got, some...), next
	}
	for i := 1; i < len(got); i++ {
		if got[i].At.After(got[i-1].At) {
			return fmt.Errorf("customer %d: entry %d is later than the one before", ordinal, i)
		}
	}
	slices.SortStableFunc(got, func(a, b access.Entry) int { // equal times may come in any order
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return compareText(a.Trace, b.Trace)
	})
	return same(want(all, ordinal), got, ordinal)
}

func same(want, got []access.Entry, ordinal int64) error {
	if len(got) != len(want) {
		return fmt.Errorf("customer %d sees %d entries, want %d", ordinal, len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if w.Bulk != nil { // one customer must not learn of the others
			w.Bulk = roaring.BitmapOf(uint32(ordinal))
			if g.Bulk == nil || !g.Bulk.Equals(w.Bulk) {
				return fmt.Errorf("customer %d: a bulk entry tells of others", ordinal)
			}
		}
		g.Bulk, w.Bulk = nil, nil
		if g != w {
			return fmt.Errorf("customer %d: entry %d is %+v, want %+v", ordinal, i, g, w)
		}
	}
	return nil
}

// record writes entries from several callers at once, so that they group, or
// from one, so that each is a group.
func record(ctx context.Context, l *access.Log, all []access.Entry, callers int) error {
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for c := range callers {
		wg.Go(func() {
			for i := c; i < len(all) && errs[c] == nil; i += callers {
				errs[c] = l.Record(ctx, all[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
