package accesstest

import (
	"context"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/vault"
)

// readers: what Readers adds up is what a plain loop over the entries counts,
// over more rows than one page has.
func readers(ctx context.Context, v *vault.Vault, open Open) error {
	store, err := open()
	if err != nil {
		return err
	}
	defer store.Close()
	l := access.Open(store, v, nil)
	defer l.Close()
	all := entries(6, 700, 30)
	if err := record(ctx, l, all, 2); err != nil {
		return err
	}
	first, last := all[0].At, all[0].At
	for _, e := range all {
		if e.At.Before(first) {
			first = e.At
		}
		if e.At.After(last) {
			last = e.At
		}
	}
	middle := first.Add(last.Sub(first) / 2)
	for _, within := range [][2]time.Time{{first, last.Add(time.Microsecond)}, {first, middle}, {middle, last}, {last.Add(time.Hour), last.Add(2 * time.Hour)}} {
		want := map[string]int64{}
		seen := map[string]*roaring.Bitmap{}
		for _, e := range all {
			if e.At.Before(within[0]) || !e.At.Before(within[1]) {
				continue
			}
			want[e.ActorID+" entries"]++
			if seen[e.ActorID] == nil {
				seen[e.ActorID] = roaring.New()
			}
			if e.Bulk != nil {
				seen[e.ActorID].Or(e.Bulk)
			} else {
				seen[e.ActorID].Add(uint32(e.Ordinal))
			}
		}
		for who, customers := range seen {
			want[who+" customers"] = int64(customers.GetCardinality())
		}
		found, err := l.Readers(ctx, within[0], within[1], access.Limits{"support": 1})
		if err != nil {
			return err
		}
		got := map[string]int64{}
		for _, r := range found {
			got[r.ActorID+" entries"], got[r.ActorID+" customers"] = r.Entries, r.Customers
			if r.Unusual != (r.InBusiest > 1) {
				return fmt.Errorf("%d customers in an hour: unusual is %v", r.InBusiest, r.Unusual)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("(-want +got) %s", diff)
		}
	}
	return nil
}

type short struct{ access.Store } // loses the last of a full page

func dropLast(s access.Store) access.Store { return short{s} }

func (s short) Within(ctx context.Context, from, to time.Time, after access.Head, limit int) ([]access.Group, error) {
	groups, err := s.Store.Within(ctx, from, to, after, limit)
	if len(groups) > 1 {
		groups[len(groups)-2] = groups[len(groups)-1]
	}
	return groups, err
}
