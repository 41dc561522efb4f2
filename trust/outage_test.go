package trust

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/trust/service"
)

// The broker is away for longer than any window in which it would know a
// message again, while everybody goes on: five minutes with SOAK=1.
func TestAnOutageOfTheBrokerHarmsNobody(t *testing.T) {
	n := startNATS(t)
	p := &platform{service.Start(t, service.Config{Flags: []string{"--nats", n.url("customers"), "--rate-people", "100000"}}), n.url, true}
	all := p.listen(t, "analytics")
	c := p.Client(t)
	admin := c.As(service.Token(t, p.Data, "admin"))
	_, js := p.on(t, "customers") // as all tellers at once
	w := &world{t: t, load: begin(c), teller: &teller{js: js}, want: expected{}}
	w.goOn(20*time.Millisecond, 6)
	w.more(t, 200)

	n.Kill()
	w.away(n, p.Service)
	n.Start(t)
	w.more(t, 200)
	for i, wrong := range w.end() {
		if i < 10 {
			t.Error(wrong)
		}
	}
	w.teller.again(t)

	for _, wrong := range w.want.come(t, admin) {
		t.Error(wrong)
	}
	for _, wrong := range w.l.audit(c) {
		t.Error(wrong)
	}
	if err := p.AwaitRelay(); err != nil {
		t.Fatal(err)
	}
	w.arrived(all.hear(t))
	w.controls(admin)
	p.Kill()
	failing := begin(c)
	await(t, "control: a refusal to be seen", func() bool { return failing.failed() > 0 })
	failing.end()
}

// world is everybody who goes on.
type world struct {
	*load
	t      *testing.T
	teller *teller
	want   expected
}

// goOn tells of users, one act after the other; what the broker does not take
// is kept.
func (w *world) goOn(every time.Duration, users int) {
	for u := range users {
		w.teller.has("identity.v1.UserRegistered", fmt.Sprint("born", u), data{"userId": fmt.Sprint("user", u), "email": fmt.Sprint("user", u, "@effects.example")})
	}
	w.paced(every, func(n int) {
		w.want.happens(w.teller, fmt.Sprint("user", n%users), n/users)
		w.teller.flush(w.t.Context())
	})
}

// away is the outage: nobody listens on the broker's port, the API goes on and
// says so, and there is more and more to be told later.
func (w *world) away(n *natsServer, s *service.Service) {
	w.t.Helper()
	began, long := time.Now(), time.Duration(count(0, 300))*time.Second
	before := w.acked.Load()
	w.more(w.t, 800)
	for time.Since(began) < long && !w.t.Failed() {
		w.more(w.t, 100)
	}
	if n.listens() {
		w.t.Fatal("control: the broker is not away")
	}
	resp, err := http.Get(s.URL() + "/readyz")
	if err != nil {
		w.t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(string(body), `{"name":"broker","status":"degraded"`) {
		w.t.Errorf("/readyz answers %d %s: without a broker requests are served all the same", resp.StatusCode, body)
	}
	if lag, err := s.Metric("customers_relay_lag_records"); err != nil || lag == 0 {
		w.t.Errorf("control: nothing waits to be published: %v %v", lag, err)
	}
	w.t.Logf("%d requests in %v", w.acked.Load()-before, time.Since(began).Round(time.Second))
}

// arrived compares what was heard with the ledger: everything, once, in order.
func (w *world) arrived(all []heard) {
	w.t.Helper()
	for i, wrong := range disorder(all, true) {
		if i < 10 {
			w.t.Error(wrong)
		}
	}
	for i, wrong := range w.missing(all) {
		if i < 10 {
			w.t.Error(wrong)
		}
	}
	disorderIsSeen(w.t, all)
	if len(w.missing(all[:len(all)/2])) == 0 {
		w.t.Error("control: half of all events are enough")
	}
	w.t.Logf("%d events, %d messages of others", len(all), len(w.teller.said))
}

// missing lists the customers of whom the last acknowledged write was not heard.
func (w *world) missing(all []heard) (wrong []string) {
	last := map[string]int64{}
	for _, h := range all {
		if h.Data.Aggregate == "customer" {
			last[h.Customer] = h.Data.Version
		}
	}
	for _, e := range w.l.list() {
		if last[e.id] < int64(e.acked+1) {
			wrong = append(wrong, fmt.Sprintf("%s: write %d was acknowledged, and %d events arrived", e.key, e.acked, last[e.id]))
		}
	}
	return wrong
}

// controls: what was told again under other names is an effect more, as it would
// be where nobody knows a message again.
func (w *world) controls(c *service.Client) {
	w.t.Helper()
	spoiledEffectsAreSeen(w.t, w.want["user0"])
	w.teller.has("orders.v1.OrderCompleted", "anew", completed("user0", "order anew", "1.25"))
	w.teller.has("support.v1.SupportTicketResolved", "anew", data{"userId": "user0", "ticketId": "ticket anew", "resolution": "Resolved anew"})
	await(w.t, "the broker", func() bool { return w.teller.flush(w.t.Context()) })
	id := customerOf(w.t, c, "user0").ID
	await(w.t, "control: a doubled effect to be seen", func() bool {
		got, err := effectsOn(c, id)
		return err == nil && len(w.want["user0"].differences(got)) == 3 // the order, the ticket and its note
	})
}
