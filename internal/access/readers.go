package access

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Reader is what one caller read within a time.
type Reader struct {
	Actor, ActorID string
	Customers      int64 // different ones
	Entries        int64
	Busiest        time.Time // the hour of the clock in which it read most
	InBusiest      int64     // different customers in that hour
	Unusual        bool      // that is over the limit of its role
	Purposes       []string  // sorted; "" is not among them
	From           []string  // likewise, at most 20
}

const (
	readersPage = 256
	maxFrom     = 20
	// maxGroupSpan is how long after its first entry a group may be written.
	maxGroupSpan = time.Minute
)

// Readers adds up who read how many customers in [from, to), all instances,
// customers themselves left out, those who read most first. Rows that do not
// open are left out, too: Check tells of them.
func (l *Log) Readers(ctx context.Context, from, to time.Time, limits Limits) ([]Reader, error) {
	sums := map[caller]*sum{}
	for after := (Head{}); ; {
		groups, err := l.store.Within(ctx, from, to.Add(maxGroupSpan), after, readersPage)
		if err != nil {
			return nil, err
		}
		for i := range groups {
			entries, err := open(ctx, l.keys, &groups[i])
			if err != nil && !errors.Is(err, ErrCorrupt) {
				return nil, err
			}
			for n := range entries {
				if e := &entries[n]; !e.itself() && !e.At.Before(from) && e.At.Before(to) {
					add(sums, e)
				}
			}
		}
		if len(groups) < readersPage {
			break
		}
		after = groups[len(groups)-1].Head
	}
	out := make([]Reader, 0, len(sums))
	for who, s := range sums {
		out = append(out, s.reader(who, limits))
	}
	slices.SortFunc(out, func(a, b Reader) int {
		return cmp.Or(cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.ActorID, b.ActorID))
	})
	return out, nil
}

// sum is what one caller read.
type sum struct {
	entries  int64
	hours    map[int64]*roaring.Bitmap // since 1970
	purposes []string
	from     []string
}

func add(sums map[caller]*sum, e *Entry) {
	who := caller{e.Actor, e.ActorID}
	s := sums[who]
	if s == nil {
		s = &sum{hours: map[int64]*roaring.Bitmap{}}
		sums[who] = s
	}
	s.entries++
	s.purposes = with(s.purposes, e.Purpose, 256)
	s.from = with(s.from, e.From, maxFrom)
	hour := e.At.Unix() / 3600
	if s.hours[hour] == nil {
		s.hours[hour] = roaring.New()
	}
	if e.Fields != 0 { // else it was shown nothing
		e.addTo(s.hours[hour])
	}
}

// with adds a word to a sorted set of at most limit.
func with(set []string, word string, limit int) []string {
	at, found := slices.BinarySearch(set, word)
	if word == "" || found || len(set) >= limit {
		return set
	}
	return slices.Insert(set, at, word)
}

func (s *sum) reader(who caller, limits Limits) Reader {
	r := Reader{Actor: who.role, ActorID: who.id, Entries: s.entries, Purposes: s.purposes, From: s.from}
	all := roaring.New()
	for hour, read := range s.hours {
		all.Or(read)
		n, at := int64(read.GetCardinality()), time.Unix(hour*3600, 0).UTC()
		if n > r.InBusiest || n == r.InBusiest && at.Before(r.Busiest) {
			r.InBusiest, r.Busiest = n, at
		}
	}
	r.Customers = int64(all.GetCardinality())
	r.Unusual = limits[r.Actor] > 0 && r.InBusiest > limits[r.Actor]
	return r
}
