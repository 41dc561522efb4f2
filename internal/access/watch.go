package access

import (
	"context"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Limits say of how many different customers one caller of a role may read
// within an hour of the clock before that is unusual. A role that is not among
// them is never unusual.
type Limits map[string]int64

// DefaultLimits are those of people. Programs read whatever comes to them.
func DefaultLimits() Limits {
	return Limits{"support": 200, "marketing": 200, "compliance": 500, "admin": 500}
}

// Unusual is a caller that read more than its limit. Who it was is in the log.
type Unusual struct {
	Role      string
	Customers int64
	Limit     int64
	Trace     string // of the read that went over it
}

// maxReaders bounds what is watched. Whoever comes after them in an hour is
// counted together, by role: too much is told rather than too little.
const maxReaders = 10_000

// Watch is a log that counts, as it records, how many different customers each
// caller has read in the running hour on this instance. Log.Readers counts over
// all instances. Use NewWatch.
type Watch struct {
	*Log
	limits Limits
	told   func(Unusual)

	mu   sync.Mutex
	hour int64 // since 1970
	seen map[caller]*watched
}

type caller struct{ role, id string }

type watched struct {
	customers *roaring.Bitmap
	told      bool
}

// NewWatch watches a log. told is called once a caller and hour.
func NewWatch(l *Log, limits Limits, told func(Unusual)) *Watch {
	return &Watch{Log: l, limits: limits, told: told, seen: map[caller]*watched{}}
}

// Record is Log.Record, and counts what is on record.
func (w *Watch) Record(ctx context.Context, e Entry) error {
	if err := w.Log.Record(ctx, e); err != nil {
		return err
	}
	if e.itself() || e.Fields == 0 { // or was shown nothing
		return nil
	}
	if u := w.saw(&e); u.Customers > 0 {
		w.told(u)
	}
	return nil
}

// saw counts an entry, and gives who is unusual with it, for the first time
// within the hour.
func (w *Watch) saw(e *Entry) (u Unusual) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch hour := e.At.Unix() / 3600; {
	case hour < w.hour:
		return u
	case hour > w.hour:
		w.hour = hour
		clear(w.seen)
	}
	who := caller{e.Actor, e.ActorID}
	r := w.seen[who]
	if r == nil && len(w.seen) >= maxReaders {
		who.id = ""
		r = w.seen[who]
	}
	if r == nil {
		r = &watched{customers: roaring.New()}
		w.seen[who] = r
	}
	e.addTo(r.customers)
	limit := w.limits[e.Actor]
	if limit <= 0 || r.told {
		return u
	}
	if n := int64(r.customers.GetCardinality()); n > limit {
		r.told = true
		return Unusual{Role: e.Actor, Customers: n, Limit: limit, Trace: e.Trace}
	}
	return u
}

// Most is the largest number of different customers that one caller of a role
// has read in the running hour on this instance.
func (w *Watch) Most(role string, now time.Time) (most int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hour != now.Unix()/3600 {
		return 0
	}
	for who, r := range w.seen {
		if who.role == role {
			most = max(most, int64(r.customers.GetCardinality()))
		}
	}
	return most
}
