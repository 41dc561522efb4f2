package trust

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/acme/customers/trust/cluster"
	"github.com/acme/customers/trust/service"
)

// Kill -9 during concurrent writes loses no acknowledged write and
// leaves no half of one.

// storm is many writers at once, until the service is killed under them.
type storm struct {
	writers int
	writes  int // acknowledged, after which the kill comes; it is not told to the writers
	round   string
	changes int // of each customer at most, after its registration
}

// blow runs the writers and calls kill after the given number of
// acknowledgements, while all of them are at work.
func (s storm) blow(l *ledger, c *service.Client, kill func()) {
	var acked atomic.Int64
	var over atomic.Bool // whoever answers although the service is dead must not go on for ever
	struck := make(chan struct{})
	var writers sync.WaitGroup
	for w := range s.writers {
		random := rand.New(rand.NewPCG(uint64(w), 1))
		writers.Go(func() {
			for n := 0; !over.Load(); n++ {
				e := l.enter(fmt.Sprintf("%s-%d-%d", s.round, w, n))
				for range 1 + random.IntN(1+s.changes) { // a registration, then changes
					a, err := e.write(c)
					if err != nil || !a.OK() {
						return // killed, or refused: either ends this writer
					}
					if acked.Add(1) == int64(s.writes) {
						close(struck)
					}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	select {
	case <-struck:
	case <-done: // everybody was refused before: the audit will tell
	}
	kill()
	over.Store(true)
	<-done
}

var embedded = place{"sqlite", func(*testing.T) service.Config { return service.Config{} }}

func onPostgres(t *testing.T) service.Config {
	events, keys := cluster.Start(t), cluster.Start(t)
	return service.Config{Store: events.DSN(), Keys: keys.DSN()}
}

func TestNoAcknowledgedWriteIsLostToKill9(t *testing.T) {
	for _, p := range []place{embedded, {"postgres", onPostgres}} {
		t.Run(p.name, func(t *testing.T) {
			s := service.Start(t, p.make(t))
			c, l := s.Client(t), newLedger()
			random := rand.New(rand.NewPCG(1, 1))
			for round := range count(4, 100) {
				writes := 1 + random.IntN(count(250, 1000))
				storm{32, writes, fmt.Sprint("r", round), 3}.blow(l, c, s.Kill)
				if round%2 == 0 { // what a killed process left is looked at before another repairs it
					if code, out := s.Verify(t); code != 0 {
						t.Fatalf("round %d: verify exits %d: %s", round, code, out)
					}
				}
				s.Start(t)
				if wrong := l.audit(c); len(wrong) > 0 {
					t.Fatalf("round %d, killed after %d: %d wrong, first %s", round, writes, len(wrong), wrong[0])
				}
			}
			t.Logf("%d customers", len(l.list()))
			s.Stop(t)
			if code, out := s.Verify(t); code != 0 {
				t.Errorf("verify exits %d: %s", code, out)
			}
		})
	}
}

// A service that answers before it commits must be caught.
func TestAnswersBeforeTheCommitAreCaught(t *testing.T) {
	s := service.Start(t, service.Config{})
	l := newLedger()
	hasty := answersFirst(t, s)
	c := s.Client(t)
	storm{32, 2000, "hasty", 0}.blow(l, &service.Client{Base: hasty, Token: c.Token, HTTP: c.HTTP}, s.Kill)
	s.Start(t)
	wrong := l.audit(c)
	if len(wrong) == 0 || len(wrong) == len(l.list()) { // a proxy that hands nothing on would prove nothing
		t.Fatalf("%d of %d lost writes were noticed", len(wrong), len(l.list()))
	}
	t.Logf("%d of %d noticed, first %s", len(wrong), len(l.list()), wrong[0])
}

// PostgreSQL stops as if its machine had lost power: what it acknowledged is
// there when it is back, and the service goes on without a restart.
func TestNoAcknowledgedWriteIsLostToPostgreSQLStopping(t *testing.T) {
	events, keys := cluster.Start(t), cluster.Start(t)
	s := service.Start(t, service.Config{Store: events.DSN(), Keys: keys.DSN()})
	c, l := s.Client(t), newLedger()
	for round := range count(2, 50) {
		storm{32, 150, fmt.Sprint("r", round), 3}.blow(l, c, stopping(events, keys))
		events.Start(t)
		keys.Start(t)
		if err := s.AwaitReady(); err != nil {
			t.Fatal(err)
		}
		if wrong := l.audit(c); len(wrong) > 0 {
			t.Fatalf("round %d: %d wrong, first %s", round, len(wrong), wrong[0])
		}
	}
	s.Stop(t)
	if code, out := s.Verify(t); code != 0 {
		t.Errorf("verify exits %d: %s", code, out)
	}
}

func stopping(clusters ...*cluster.Cluster) func() {
	return func() {
		var all sync.WaitGroup
		for _, c := range clusters {
			all.Go(c.Halt)
		}
		all.Wait()
	}
}

// The same service, its commits no longer waited for: a trigger turns
// synchronous_commit off in every transaction that writes, which the service
// cannot see. The ledger must.
func TestCommitsThatAreNotWaitedForAreCaught(t *testing.T) {
	slow := []string{"wal_writer_delay = 10s", "wal_writer_flush_after = 0", "checkpoint_timeout = 1h"}
	events, keys := cluster.Start(t, slow...), cluster.Start(t)
	s := service.Start(t, service.Config{Store: events.DSN(), Keys: keys.DSN()})
	events.Exec(t, hurry)
	c, l := s.Client(t), newLedger()
	for round := range 5 { // a stop may come just after the server's own flush
		storm{32, 150, fmt.Sprint("hurry", round), 0}.blow(l, c, stopping(events))
		events.Start(t)
		if err := s.AwaitReady(); err != nil {
			t.Fatal(err)
		}
		if wrong := l.audit(c); len(wrong) > 0 {
			t.Logf("%d of %d noticed, first %s", len(wrong), len(l.list()), wrong[0])
			return
		}
	}
	t.Fatal("not one lost write was noticed")
}

const hurry = `
	CREATE FUNCTION hurry() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NULL; END $$;
	DO $$ DECLARE t record; BEGIN
		FOR t IN SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LOOP
			EXECUTE format('CREATE TRIGGER hurry AFTER INSERT OR UPDATE OR DELETE ON %I.%I EXECUTE FUNCTION hurry()', t.schemaname, t.tablename);
		END LOOP;
	END $$;`
