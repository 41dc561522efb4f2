package trust

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/service"
)

// What identity, orders and support tell has its effect once and, for each
// user, in order, whoever is killed meanwhile, although all is told twice.
func TestEveryOrderAndTicketHasItsEffectOnceAcrossKills(t *testing.T) {
	t.Run("of the service with its broker", func(t *testing.T) {
		cfg, url := onBus(t)
		cfg.Flags = append(cfg.Flags, "--rate-people", "100000")
		s := service.Start(t, cfg)
		p := &platform{s, func(string) string { return url }, false}
		survives(t, p, count(2, 200), func(int) { s.Kill(); s.Start(t) })
	})
	t.Run("of the broker and of the service", func(t *testing.T) {
		n := startNATS(t)
		s := service.Start(t, service.Config{Flags: []string{"--nats", n.url("customers"), "--rate-people", "100000"}})
		survives(t, &platform{s, n.url, true}, count(1, 50), func(round int) {
			if round%2 == 0 {
				n.Kill()
				n.Start(t)
			} else { // what it had taken comes again after a minute
				s.Kill()
				s.Start(t)
			}
		})
	})
}

// survives tells on while strike is called, and compares.
func survives(t *testing.T, p *platform, rounds int, strike func(round int)) {
	t.Helper()
	c := p.Client(t)
	_, js := p.on(t, "customers")
	w := &world{t: t, load: idle(c), teller: &teller{js: js}, want: expected{}}
	w.goOn(time.Duration(count(8, 2))*time.Millisecond, count(6, 60))
	random := rand.New(rand.NewPCG(18, 2))
	for round := range rounds {
		want := w.teller.told.Load() + 50 + random.Int64N(100)
		await(t, "messages to be told", func() bool { return w.teller.told.Load() >= want })
		strike(round)
	}
	w.end()
	for _, e := range w.want { // what a dead instance had taken comes again behind what is newer
		e.gaps = true
	}
	admin := c.As(service.Token(t, p.Data, "admin"))
	await(t, "what is kept to be told", func() bool { return w.teller.flush(t.Context()) })
	w.settled(js, admin, "told once")
	w.teller.again(t)
	w.settled(js, admin, "told twice")
	if n := lettersWith(t, admin, "internal") + lettersWith(t, admin, "malformed"); n > 0 {
		t.Errorf("%d messages were put aside", n)
	}
	w.controls(admin)
}

// settled waits until the broker has nothing more to deliver, and compares.
func (w *world) settled(js jetstream.JetStream, admin *service.Client, when string) {
	w.t.Helper()
	answered(w.t, js)
	for _, wrong := range w.want.come(w.t, admin) {
		w.t.Errorf("%s: %s", when, wrong)
	}
}

// answered waits until every message was delivered and answered, as long as
// they become less: what an instance had taken when it died comes again after a
// minute. A message that the broker keeps although it was answered, as a killed
// one sometimes does, is told of: it has had its effect, or the comparison says
// so.
func answered(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	for left := open(t, js); left > 0; {
		awaitFor(t, 3*time.Minute, "another message to be answered", func() bool {
			now := open(t, js)
			less := now < left
			left = now
			return less
		})
	}
	if kept := queued(t, js); kept > 0 {
		t.Logf("the broker keeps %d messages that were answered", kept)
	}
}

// open is how many messages are to be delivered or to be answered.
func open(t *testing.T, js jetstream.JetStream) (n int) {
	t.Helper()
	for _, name := range []string{"identity", "activities"} {
		c, err := js.Consumer(t.Context(), name, "customers")
		if err != nil {
			t.Fatal(err)
		}
		n += int(c.CachedInfo().NumPending) + c.CachedInfo().NumAckPending
	}
	return n
}
