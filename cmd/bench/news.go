package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/acme/customers/cmd/bench/internal/load"
)

var ndjson = http.Header{"Content-Type": {"application/x-ndjson"}}

// change is a coming or a going that has to be told exactly once.
type change struct {
	customer string
	segment  string
	in       bool
}

// news are the events of a run, and what has to follow from them. One in five
// is an order, of a customer whose number of orders is known.
type news struct {
	service *service
	follow  bool           // there are segments
	orders  map[string]int // by customer
	told    int            // events so far

	mu  sync.Mutex
	due map[change]time.Time // since when; of what was not heard yet
}

func newNews(s *service, follow bool) *news {
	return &news{service: s, follow: follow, orders: map[string]int{}, due: map[change]time.Time{}}
}

// line appends an event about a customer.
func line(buf []byte, customer, id string, order bool, at time.Time) []byte {
	buf = fmt.Appendf(buf, `{"customerId":%q,"id":%q,`, customer, id)
	if !at.IsZero() {
		buf = fmt.Appendf(buf, `"time":%q,`, at.UTC().Format(time.RFC3339))
	}
	if order {
		return fmt.Appendf(buf, `"source":"orders","type":"OrderCompleted","data":{"orderId":%q,"total":{"amount":"12.50","currency":"EUR"}}}`+"\n", id)
	}
	return append(buf, `"source":"identity","type":"UserAuthenticated"}`+"\n"...)
}

// history gives everybody a past: no order, one or two, and a last visit of a
// day ago, or of forty days.
func (n *news) history(ctx context.Context) error {
	ids := n.service.ids
	return each((len(ids)+999)/1000, batchAtOnce, func(i int) error {
		var body []byte
		lines := 0
		for c := i * 1000; c < min(len(ids), (i+1)*1000); c++ {
			id, at := ids[c].String(), time.Now().Add(-24*time.Hour)
			if c%5 == 0 {
				at = at.Add(-39 * 24 * time.Hour)
			}
			body = line(body, id, fmt.Sprint("visit-", c), false, at)
			lines++
			for o := range c % 3 {
				body = line(body, id, fmt.Sprint("past-", c, "-", o), true, at)
				lines++
			}
			n.mu.Lock()
			n.orders[id] = c % 3
			n.mu.Unlock()
		}
		return n.service.record(ctx, body, lines)
	})
}

// tell sends events, some a second or, of 0, as fast as they are taken: how long
// requests took, and all of it. At a rate they come whether or not those before
// were answered.
func (n *news) tell(ctx context.Context, events, rate int) (waits *load.Histogram, took time.Duration, err error) {
	waits = new(load.Histogram)
	bodies := make([][]byte, events/eventsLine)
	follows := make([][]change, len(bodies))
	for i := range bodies {
		bodies[i], follows[i] = n.write()
	}
	var mu sync.Mutex
	started, atOnce := time.Now(), batchAtOnce
	if rate > 0 {
		atOnce = len(bodies)
	}
	err = each(len(bodies), atOnce, func(i int) error {
		if rate > 0 {
			time.Sleep(time.Until(started.Add(time.Duration(i*eventsLine) * time.Second / time.Duration(rate))))
		}
		from := time.Now()
		n.expect(follows[i], from)
		err := n.service.record(ctx, bodies[i], eventsLine)
		mu.Lock()
		defer mu.Unlock()
		waits.Add(time.Since(from))
		return err
	})
	return waits, time.Since(started), err
}

// write makes a request's events and says what follows from them. Whoever has
// one of them has the next one five seconds later at the aimed rate, so that
// they are taken in their order.
func (n *news) write() (body []byte, follow []change) {
	ids := n.service.ids
	for range eventsLine {
		id := ids[n.told%len(ids)].String()
		order := mix(uint64(n.told))%5 == 0
		body = line(body, id, fmt.Sprint("news-", n.told), order, time.Time{})
		if order {
			n.orders[id]++
		}
		if order && n.follow {
			follow = append(follow, n.follows(id)...)
		}
		n.told++
	}
	return body, follow
}

// follows says who comes and goes by an order; see liveSegments.
func (n *news) follows(id string) (all []change) {
	count := n.orders[id]
	switch count {
	case 1:
		all = append(all, change{id, "one-order", true})
	case 2:
		all = append(all, change{id, "one-order", false}, change{id, "two-orders", true}, change{id, "two-orders-too", true})
	case 3, 4:
		all = append(all, change{id, fmt.Sprint("orders-", count), true})
	}
	return all
}

// expect is told before the request. Who is to leave a segment before it was told
// that they came may do both unseen: segments follow what customers are, not each
// step of it.
func (n *news) expect(all []change, from time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range all {
		came := change{c.customer, c.segment, true}
		if _, unheard := n.due[came]; unheard && !c.in {
			delete(n.due, came)
			continue
		}
		n.due[c] = from
	}
}
