package access_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/access/accesstest"
	"github.com/acme/customers/internal/access/memory"
)

// A caller that reads unusually many is told of once an hour; the same reads by
// two callers, of one customer or over two hours are not unusual.
func TestWhoReadsUnusuallyManyIsToldOfOnceAnHour(t *testing.T) {
	at := time.Date(2026, 11, 1, 10, 30, 0, 0, time.UTC)
	one := func(actor, id string, ordinal int64, at time.Time) access.Entry {
		return access.Entry{At: at, Actor: actor, ActorID: id, Action: "getCustomer", Fields: 1, Subject: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, ordinal)), Ordinal: ordinal}
	}
	for name, c := range map[string]struct {
		read func(i int64) access.Entry
		want int
	}{
		"one caller, one hour": {func(i int64) access.Entry { return one("support", "a", i, at) }, 1},
		"a bulk read": {func(int64) access.Entry {
			e := one("support", "a", 0, at)
			e.Subject, e.Bulk = uuid.Nil, roaring.BitmapOf(1, 2, 3, 4, 5, 6)
			return e
		}, 1},
		"at the limit":          {func(i int64) access.Entry { return one("support", "a", i%5, at) }, 0},
		"two callers":           {func(i int64) access.Entry { return one("support", fmt.Sprint(i%2), i, at) }, 0},
		"over two hours":        {func(i int64) access.Entry { return one("support", "a", i, at.Add(time.Duration(i/5)*time.Hour)) }, 0},
		"twice in two hours":    {func(i int64) access.Entry { return one("support", "a", i%6, at.Add(time.Duration(i/6)*time.Hour)) }, 1},
		"no limit for the role": {func(i int64) access.Entry { return one("service", "a", i, at) }, 0},
		"shown nothing":         {func(i int64) access.Entry { e := one("support", "a", i, at); e.Fields = 0; return e }, 0},
		"a customer itself":     {func(i int64) access.Entry { return one("customer", "a", i, at) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := access.Open(memory.Open(), accesstest.Vault(t), nil)
			defer l.Close()
			told := 0
			w := access.NewWatch(l, access.Limits{"support": 5, "customer": 5}, func(u access.Unusual) {
				told++
				if u.Role != "support" || u.Customers != 6 || u.Limit != 5 {
					t.Errorf("told of %+v", u)
				}
			})
			for i := range int64(10) {
				if err := w.Record(t.Context(), c.read(i)); err != nil {
					t.Fatal(err)
				}
			}
			if told != c.want {
				t.Errorf("told %d times, want %d", told, c.want)
			}
			if most := w.Most("support", at.Add(2*time.Hour)); most != 0 {
				t.Errorf("in an hour without reads, one caller has %d", most)
			}
		})
	}
}
