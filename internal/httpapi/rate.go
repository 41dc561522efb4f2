package httpapi

import (
	"container/list"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
)

// Bucket is a token bucket: Burst at once, then PerSecond.
type Bucket struct {
	PerSecond float64
	Burst     int
}

// Rate says how often one caller may call. Zero values are the defaults.
type Rate struct {
	People     Bucket // each customer and each member of staff: 50/s, 100 at once
	Services   Bucket // each program: 20,000/s, 20,000 at once
	Links      Bucket // links opened or used from one address: 200/s, 1,000 at once; a mail provider posts for many
	Failures   Bucket // failed authentications of one address: 1/s, 20 at once
	Remembered int    // buckets of each sort held in memory: 100,000
}

func (r Rate) withDefaults() Rate {
	for _, d := range []struct {
		b    *Bucket
		deft Bucket
	}{
		{&r.People, Bucket{50, 100}}, {&r.Services, Bucket{20_000, 20_000}}, {&r.Links, Bucket{200, 1000}}, {&r.Failures, Bucket{1, 20}},
	} {
		if *d.b == (Bucket{}) {
			*d.b = d.deft
		}
	}
	if r.Remembered == 0 {
		r.Remembered = 100_000
	}
	return r
}

// limitRate holds each principal to its rate, by this instance's count: a
// caller that spreads over n instances gets up to n times as much.
func (g Guard) limitRate(next http.Handler) http.Handler {
	people := newBuckets(g.Rate.People, g.Rate.Remembered)
	services := newBuckets(g.Rate.Services, g.Rate.Remembered)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := exchangeOf(r.Context()).principal
		buckets := people
		if p.Role == authz.RoleService {
			buckets = services
		}
		if wait := buckets.take(string(p.Role)+"\x00"+p.Subject, g.Clock()); wait > 0 {
			writeProblem(w, r, fault.ErrTooMany.After(wait))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// buckets is one bucket a key, the longest unused dropped first. A dropped key
// starts anew with a full bucket; with room for 100,000 that takes as many
// verified callers (or addresses) within the time that a bucket needs to fill.
// It is not an admission-policy cache: that would drop the newest key and so
// let a flood of keys through unlimited.
type buckets struct {
	of    Bucket
	room  int
	mu    sync.Mutex
	byKey map[string]*list.Element
	used  *list.List // of *bucket, the last used first
}

type bucket struct {
	key     string
	limiter *rate.Limiter
}

func newBuckets(of Bucket, room int) *buckets {
	return &buckets{of: of, room: room, byKey: map[string]*list.Element{}, used: list.New()}
}

// take takes one token, or says how long until there is one.
func (b *buckets) take(key string, now time.Time) time.Duration {
	l := b.limiter(key)
	res := l.ReserveN(now, 1)
	if !res.OK() {
		return time.Second // a burst of zero: nobody may
	}
	wait := res.DelayFrom(now)
	if wait > 0 {
		res.CancelAt(now)
	}
	return wait
}

func (b *buckets) limiter(key string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.byKey[key]; e != nil {
		b.used.MoveToFront(e)
		return e.Value.(*bucket).limiter
	}
	if b.used.Len() >= b.room {
		oldest := b.used.Remove(b.used.Back()).(*bucket)
		delete(b.byKey, oldest.key)
	}
	fresh := &bucket{key, rate.NewLimiter(rate.Limit(b.of.PerSecond), b.of.Burst)}
	b.byKey[key] = b.used.PushFront(fresh)
	return fresh.limiter
}
