package trust

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/acme/customers/trust/service"
)

// ledger is what one client knows: which writes were acknowledged, and which
// got no answer and so may or may not be there. It lives in this process,
// which nobody kills. Each customer is written by one writer, one write at a
// time.
type ledger struct {
	mu      sync.Mutex
	entries map[string]*entry // by external id
}

type entry struct {
	key    string // external id, chosen by us: it finds what was never answered
	id     string // known when the registration was acknowledged
	acked  int    // the last acknowledged write; -1 for none
	sent   int    // the last write that was sent
	vacant bool   // the registration was refused for certain
}

func newLedger() *ledger { return &ledger{entries: map[string]*entry{}} }

func (l *ledger) enter(key string) *entry {
	e := &entry{key: key, acked: -1, sent: -1}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[key] = e
	return e
}

func (l *ledger) list() []*entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.SortedFunc(maps.Values(l.entries), func(a, b *entry) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
}

// value is what write n of a customer leaves in it: the whole of it follows
// from the key and n, so half a write cannot look like one.
func (e *entry) value(n int) (given, preferred string) {
	return "Given " + e.key, fmt.Sprintf("%s at %06d", e.key, n)
}

// write sends the next write of a customer and records the answer. It gives
// false when there was none, or a refusal.
func (e *entry) write(c *service.Client) (service.Answer, error) {
	e.sent++
	given, preferred := e.value(e.sent)
	var a service.Answer
	var err error
	if e.sent == 0 {
		a, err = c.Do("POST", "/v1/customers", service.Registration{Name: service.Name{Given: given, Preferred: preferred},
			Email: e.key + "@ledger.example", ExternalIDs: map[string]string{"ledger": e.key}})
	} else {
		a, err = c.Do("PATCH", "/v1/customers/"+e.id, map[string]any{"name": map[string]any{"preferred": preferred}})
	}
	if err != nil {
		return a, err
	}
	if a.OK() {
		e.acked = e.sent
		if got, err := a.Customer(); err == nil && e.id == "" {
			e.id = got.ID
		}
	}
	return a, nil
}

// audit compares the ledger with the service: every acknowledged write is
// there, whole, and nothing is there that was never sent. It lists what is
// wrong.
func (l *ledger) audit(c *service.Client) (wrong []string) {
	entries := l.list()
	found := make([]string, len(entries))
	var all sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i, e := range entries {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			found[i] = e.audit(c)
		})
	}
	all.Wait()
	for _, f := range found {
		if f != "" {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

func (e *entry) audit(c *service.Client) string {
	got, there, err := e.fetch(c)
	switch {
	case err != nil:
		return fmt.Sprintf("%s: %v", e.key, err)
	case !there && e.acked >= 0:
		return fmt.Sprintf("%s: lost: write %d was acknowledged", e.key, e.acked)
	case !there:
		return ""
	}
	for n := max(e.acked, 0); n <= e.sent; n++ {
		given, preferred := e.value(n)
		if got.Name.Preferred != preferred {
			continue
		}
		if got.Name.Given != given || got.Email.Address != e.key+"@ledger.example" || got.Version != int64(n+1) || got.ExternalIDs["ledger"] != e.key {
			return fmt.Sprintf("%s: half a write: %+v", e.key, got)
		}
		return ""
	}
	return fmt.Sprintf("%s: write %d was acknowledged, %d sent, and it is at version %d", e.key, e.acked, e.sent, got.Version)
}

// fetch finds the customer by the id of the answer, or by our own if there was
// no answer. Both ways must agree.
func (e *entry) fetch(c *service.Client) (got service.Customer, there bool, err error) {
	a, err := patient(c, "POST", "/v1/customers/lookup", map[string]any{"externalId": map[string]any{"source": "ledger", "id": e.key}})
	if err != nil {
		return got, false, err
	}
	items, err := found(a)
	if err != nil || len(items) == 0 && e.id == "" {
		return got, false, err
	}
	if len(items) > 1 {
		return got, false, fmt.Errorf("%d customers hold one external id", len(items))
	}
	if len(items) == 0 {
		return got, false, nil
	}
	if e.id != "" && e.id != items[0].ID {
		return got, false, fmt.Errorf("acknowledged as %s, found as %s", e.id, items[0].ID)
	}
	if a, err = patient(c, "GET", "/v1/customers/"+items[0].ID, nil); err != nil {
		return got, false, err
	}
	if a.Status != 200 {
		return got, false, fmt.Errorf("found, but GET answers %d %s", a.Status, a.Code())
	}
	got, err = a.Customer()
	return got, true, err
}
