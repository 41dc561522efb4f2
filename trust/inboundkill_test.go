package trust

import (
	"context"
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
	w.teller.again(t)
	emptied(t, js)
	for _, e := range w.want { // what a dead service had taken comes again behind what is newer
		e.gaps = p.apart && rounds > 1
	}
	admin := c.As(service.Token(t, p.Data, "admin"))
	for _, wrong := range w.want.come(t, admin) {
		t.Error(wrong)
	}
	if n := lettersWith(t, admin, "internal") + lettersWith(t, admin, "malformed"); n > 0 {
		t.Errorf("%d messages were put aside", n)
	}
	w.controls(admin)
}

// emptied waits until everything is handled, as long as there is less and less:
// what an instance had taken when it died comes again after a minute.
func emptied(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	defer tellQueues(t, js)
	for left := queued(t, js); left > 0; {
		awaitFor(t, 3*time.Minute, "another message to be handled", func() bool {
			now := queued(t, js)
			less := now < left
			left = now
			return less
		})
	}
}

// tellQueues says for a failure where messages are: the broker's view.
func tellQueues(t *testing.T, js jetstream.JetStream) {
	if !t.Failed() {
		return
	}
	for _, name := range []string{"identity", "activities"} {
		ctx := context.Background()
		s, err := js.Stream(ctx, name)
		if err != nil {
			t.Log(err)
			continue
		}
		c, err := s.Consumer(ctx, "customers")
		if err != nil {
			t.Log(err)
			continue
		}
		q, i := s.CachedInfo().State, c.CachedInfo()
		t.Logf("%s: %d messages, %d to %d; delivered to %d, acknowledged to %d, %d pending, %d waiting for an answer, %d again, %d who ask", name,
			q.Msgs, q.FirstSeq, q.LastSeq, i.Delivered.Stream, i.AckFloor.Stream, i.NumPending, i.NumAckPending, i.NumRedelivered, i.NumWaiting)
	}
}
