package trust

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/people"
	"github.com/acme/customers/trust/service"
)

// Every committed event arrives on the bus, once and in order
// for every customer, whoever is killed meanwhile; a stream that was lost is
// made again from the log.

// busSecret is the token of the embedded server in these tests.
const busSecret = "trust-bus-token-4711"

// onBus runs the service with its embedded broker open to others.
func onBus(t *testing.T) (cfg service.Config, url string) {
	port := freePort(t)
	return service.Config{Flags: []string{"--nats-listen", fmt.Sprintf("127.0.0.1:%d", port)}, Env: []string{"CUSTOMERS_NATS_TOKEN=" + busSecret}},
		fmt.Sprintf("nats://127.0.0.1:%d", port)
}

// published is a message of the stream, as a consumer reads it.
type published struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Customer string `json:"subject"`
	Position string `json:"position"`
	Data     struct {
		Version     int64  `json:"version"`
		Aggregate   string `json:"aggregate"`
		AggregateID string `json:"aggregateId"`
	} `json:"data"`
}

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url, nats.Token(busSecret), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// stream reads everything that is in the stream of published events.
func stream(t *testing.T, url string) (all []published) {
	t.Helper()
	js := connect(t, url)
	s, err := js.Stream(t.Context(), "customers")
	if err != nil {
		t.Fatal(err)
	}
	last := s.CachedInfo().State.LastSeq
	c, err := s.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(0); seq < last; {
		m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
		if err != nil {
			t.Fatalf("after %d of %d: %v", seq, last, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		seq = meta.Sequence.Stream
		all = append(all, read(t, m))
	}
	return all
}

func read(t *testing.T, m jetstream.Msg) (p published) {
	t.Helper()
	if err := json.Unmarshal(m.Data(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// committed is every event of the ledger's customers by the API: type by
// customer and version. Types are looked up for the first fifty, for people are
// held to a rate; "" is any.
func committed(t *testing.T, s *service.Service, c *service.Client, l *ledger) map[string][]string {
	t.Helper()
	events := map[string][]string{}
	admin := c.As(service.Token(t, s.Data, "admin"))
	for _, e := range l.list() {
		got, there, err := e.fetch(c)
		switch {
		case err != nil:
			t.Fatal(err)
		case !there:
		case len(events) < 50:
			events[got.ID] = types(t, admin, got.ID)
		default:
			events[got.ID] = make([]string, got.Version)
		}
	}
	return events
}

// types are a customer's event types, in order.
func types(t *testing.T, c *service.Client, id string) (types []string) {
	t.Helper()
	a, err := c.Do("GET", "/v1/customers/"+id+"/history?limit=200", nil)
	if err != nil || a.Status != 200 {
		t.Fatalf("history: %v %v", a, err)
	}
	var page struct{ Items []struct{ Type string } }
	if err := json.Unmarshal(a.Body, &page); err != nil {
		t.Fatal(err)
	}
	for _, item := range page.Items {
		types = append(types, item.Type)
	}
	return types
}

// differences compares what arrived with what was committed: all of it, once,
// in order.
func differences(arrived []published, committed map[string][]string) (wrong []string) {
	seen := map[string]int{}
	for i, p := range arrived {
		if p.Position != strconv.Itoa(i+1) {
			wrong = append(wrong, fmt.Sprintf("message %d is of position %s", i+1, p.Position))
		}
		if !strings.HasSuffix(p.ID, ":"+p.Position) {
			wrong = append(wrong, fmt.Sprintf("position %s has id %s", p.Position, p.ID))
		}
		seen[p.Customer]++
		events := committed[p.Customer]
		switch n := int(p.Data.Version); {
		case n != seen[p.Customer]:
			wrong = append(wrong, fmt.Sprintf("position %s is version %d of %s, after %d others", p.Position, n, p.Customer, seen[p.Customer]-1))
		case n > len(events) || events[n-1] != "" && p.Type != "acme.customers."+events[n-1]+".v1":
			wrong = append(wrong, fmt.Sprintf("version %d of %s is a %s on the bus", n, p.Customer, p.Type))
		}
	}
	for id, events := range committed {
		if seen[id] != len(events) {
			wrong = append(wrong, fmt.Sprintf("%d of %d events of %s arrived", seen[id], len(events), id))
		}
	}
	return wrong
}

func check(t *testing.T, s *service.Service, c *service.Client, l *ledger, url string) ([]published, map[string][]string) {
	t.Helper()
	if err := s.AwaitRelay(); err != nil {
		t.Fatalf("%v\n%s", err, s.Tail())
	}
	arrived, all := stream(t, url), committed(t, s, c, l)
	for i, wrong := range differences(arrived, all) {
		if i < 10 {
			t.Error(wrong)
		}
	}
	if len(arrived) == 0 {
		t.Fatal("nothing arrived")
	}
	return arrived, all
}

func TestEveryEventArrivesAcrossKillsAndALostStream(t *testing.T) {
	cfg, url := onBus(t)
	s := service.Start(t, cfg)
	c, l := s.Client(t), newLedger()
	random := rand.New(rand.NewPCG(18, 1))
	live := follow(t, url)
	for round := range count(3, 200) {
		storm{8, 20 + random.IntN(60), fmt.Sprint("bus", round), 3}.blow(l, c, s.Kill)
		s.Start(t)
	}
	arrived, all := check(t, s, c, l, url)
	live.expect(t, arrived)

	s.Kill()
	if err := os.RemoveAll(filepath.Join(s.Data, "nats", "jetstream")); err != nil {
		t.Fatal(err)
	}
	s.Start(t)
	again, _ := check(t, s, c, l, url)
	if !slices.Equal(arrived, again) {
		t.Errorf("the stream was made again with other messages: %d and %d", len(arrived), len(again))
	}
	faultsAreSeen(t, arrived, all)
}

// faultsAreSeen breaks what arrived in every way that the comparison must see.
func faultsAreSeen(t *testing.T, arrived []published, all map[string][]string) {
	t.Helper()
	n := slices.IndexFunc(arrived, func(p published) bool { return p.Data.Version == 2 && all[p.Customer][1] != "" })
	if n < 0 {
		t.Fatal("nobody was changed")
	}
	other := arrived[n]
	other.Type = "acme.customers.CustomerArchived.v1"
	for name, spoiled := range map[string][]published{
		"a lost one":        slices.Delete(slices.Clone(arrived), n, n+1),
		"the last lost":     arrived[:len(arrived)-1],
		"one twice":         slices.Insert(slices.Clone(arrived), n, arrived[n]),
		"two swapped":       append(append(slices.Clone(arrived[:n]), arrived[n+1], arrived[n]), arrived[n+2:]...),
		"one of other type": append(append(slices.Clone(arrived[:n]), other), arrived[n+1:]...),
	} {
		if len(differences(spoiled, all)) == 0 {
			t.Errorf("control: %s goes unseen", name)
		}
	}
}

// follower is a consumer with a durable place in the stream, which it keeps
// across the broker's deaths. Its effects are deduplicated by position, as
// docs/events.md asks of consumers.
type follower struct {
	effects   chan published
	stop      context.CancelFunc
	delivered int
}

func follow(t *testing.T, url string) *follower {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	f := &follower{effects: make(chan published, 1<<20), stop: stop}
	js := connect(t, url)
	c, err := js.CreateOrUpdateConsumer(ctx, "customers", jetstream.ConsumerConfig{Durable: "crm", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 2 * time.Second, MaxAckPending: 1})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := 0
		for ctx.Err() == nil {
			m, err := c.Next(jetstream.FetchMaxWait(200 * time.Millisecond))
			if err != nil { // the broker is dead, or there is nothing
				time.Sleep(time.Millisecond)
				continue
			}
			var p published
			if json.Unmarshal(m.Data(), &p) != nil {
				return
			}
			f.delivered++
			if n, _ := strconv.Atoi(p.Position); n > last {
				f.effects <- p
				last = n
			}
			_ = m.Ack() // a lost one means another delivery
		}
	}()
	t.Cleanup(func() { stop(); <-done })
	return f
}

// expect waits until as much has arrived, and compares.
func (f *follower) expect(t *testing.T, want []published) {
	t.Helper()
	for i := range want {
		select {
		case got := <-f.effects:
			if got != want[i] {
				t.Fatalf("effect %d was of %s, want %s", i, got.Position, want[i].Position)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("%d of %d effects", i, len(want))
		}
	}
	f.stop()
	t.Logf("%d deliveries for %d effects", f.delivered, len(want))
}

// The broker is another process and is killed, too, and at last loses its disk.
func TestEveryEventArrivesAcrossKillsOfTheBroker(t *testing.T) {
	b := startBroker(t)
	s := service.Start(t, service.Config{Flags: []string{"--nats", b.URL}})
	c, l := s.Client(t), newLedger()
	for round := range count(3, 50) {
		storm{8, 60, fmt.Sprint("broker", round), 3}.blow(l, c, func() {
			b.Kill()
			if round%2 == 1 {
				s.Kill()
			}
		})
		b.Start(t)
		if round%2 == 1 {
			s.Start(t)
		}
	}
	if err := s.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	check(t, s, c, l, b.URL)
	b.Kill()
	if err := os.RemoveAll(b.dir); err != nil {
		t.Fatal(err)
	}
	b.Start(t)
	if err := s.AwaitReady(); err != nil {
		t.Fatal(err)
	}
	if a, err := l.enter("after").write(c); err != nil || !a.OK() {
		t.Fatalf("%v %v", a, err)
	}
	check(t, s, c, l, b.URL)
}

// publishClear puts people into a stream of a server in this process.
func publishClear(s *server.Server, all []*people.Person) error {
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "identity", Subjects: []string{"identity.>"}}); err != nil {
		return err
	}
	for _, p := range all {
		raw, err := json.Marshal(rows(p))
		if err != nil {
			return err
		}
		if _, err := js.Publish(ctx, "identity.v1.UserRegistered", raw); err != nil {
			return err
		}
	}
	return nil
}
