package nats

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/projection"
)

func relay(t testing.TB, log bus.Log, p bus.Publisher) *bus.Relay {
	t.Helper()
	e, err := bus.NewEncoder(bustest.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	return bus.NewRelay(bus.RelayConfig{Log: log, Publisher: p, Encoder: e, Batch: 100,
		Retry: projection.Retry{Min: time.Millisecond, Max: 50 * time.Millisecond}})
}

func start(r *bus.Relay) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// isCopy reads the stream and compares it with the log.
func isCopy(t testing.TB, b *Broker, log *memory.Store) error {
	t.Helper()
	messages, err := readAll(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	lineage, _ := log.Lineage(context.Background())
	head, _ := log.Head(context.Background())
	return bustest.CheckCopy(messages, lineage, head)
}

const brokerEnv = "CUSTOMERS_TEST_BROKER"

// brokerProcess is a broker in a process of its own, for others to kill.
func brokerProcess(dir string) {
	b, err := Open(Config{Name: "killed", Dir: dir, Key: key, Listen: os.Getenv(brokerEnv + "_ADDR")})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("ready", b.Addr())
	select {}
}

// spawn starts one and waits until it is ready.
func spawn(t *testing.T, dir, addr string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), brokerEnv+"="+dir, brokerEnv+"_ADDR="+addr)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line[:5] != "ready" {
		t.Fatalf("broker: %s %v", line, err)
	}
	return cmd
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// killed runs relays that are stopped, and brokers that are killed with
// SIGKILL, at random moments while the log grows; then everything is left in
// peace until the stream has caught up.
func killed(t *testing.T, kills int, patience time.Duration, wrap func(bus.Publisher) bus.Publisher) error {
	dir, addr := t.TempDir(), freeAddr(t)
	log := memory.Open()
	t.Cleanup(func() { _ = log.Close() })
	broker := spawn(t, dir, addr)
	defer func() { _ = broker.Process.Kill(); _ = broker.Wait() }()
	b, err := Open(Config{URL: "nats://" + addr, Logger: nil})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	p := wrap(b.Publisher(b.Published(0)))

	rnd := rand.New(rand.NewPCG(uint64(kills), 18))
	var writing sync.WaitGroup
	for n := range kills {
		writing.Go(func() { _ = bustest.Grow(t.Context(), log, 500, 50) })
		r := relay(t, log, p)
		stop := start(r)
		wait, cancel := context.WithTimeout(t.Context(), patience)
		_ = r.WaitFor(wait, int64(500*n)+rnd.Int64N(500)) // it is in the middle
		cancel()
		if n%2 == 0 {
			_ = broker.Process.Kill()
			_ = broker.Wait()
			broker = spawn(t, dir, addr)
		}
		stop()
	}
	writing.Wait()
	r := relay(t, log, p)
	defer start(r)()
	head, _ := log.Head(t.Context())
	caught, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.WaitFor(caught, head); err != nil {
		s, _ := r.Status(t.Context())
		return fmt.Errorf("%+v: %w", s, err)
	}
	return isCopy(t, b, log)
}

func TestKilledBrokersAndRelaysLoseAndRepeatNothing(t *testing.T) {
	kills := 12
	if os.Getenv("SOAK") != "" {
		kills = 200
	}
	if err := killed(t, kills, 20*time.Second, func(p bus.Publisher) bus.Publisher { return p }); err != nil {
		t.Error(err)
	}
	for _, shift := range []int64{-1, +1} {
		if err := killed(t, 3, 3*time.Second, func(p bus.Publisher) bus.Publisher { return cursored{p, shift} }); err == nil {
			t.Errorf("control: a relay whose own cursor is off by %d was not noticed", shift)
		} else {
			t.Log("control:", err)
		}
	}
}

// cursored claims that the stream is shifted from where it is.
type cursored struct {
	bus.Publisher
	shift int64
}

func (c cursored) Last(ctx context.Context) (bus.Mark, error) {
	m, err := c.Publisher.Last(ctx)
	if m.Position > 1 {
		m.Position += c.shift
	}
	return m, err
}

func TestALostStoreIsMadeAgainFromTheLog(t *testing.T) {
	dir, log := t.TempDir(), memory.Open()
	defer log.Close()
	if err := bustest.Grow(t.Context(), log, 1000, 10); err != nil {
		t.Fatal(err)
	}
	relayed := func() *Broker {
		b := openAt(t, dir)
		r := relay(t, log, b.Publisher(b.Published(0)))
		defer start(r)()
		head, _ := log.Head(t.Context())
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := r.WaitFor(ctx, head); err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := relayed()
	if err := isCopy(t, b, log); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := bustest.Grow(t.Context(), log, 100, 2); err != nil {
		t.Fatal(err)
	}
	b = relayed()
	if err := isCopy(t, b, log); err != nil {
		t.Error(err)
	}
	// Control: a relay that trusts a cursor of its own leaves a hole.
	b.Close()
	_ = os.RemoveAll(dir)
	b = openAt(t, dir)
	p := b.Publisher(b.Published(0))
	r := projectionWithCursor(t, log, p)
	_ = log.SetCursor(t.Context(), "relay-control", 1000)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	if err := r.WaitFor(t.Context(), 1100); err != nil {
		t.Fatal(err)
	}
	cancel()
	running.Wait()
	if isCopy(t, b, log) == nil {
		t.Error("control: the hole was not noticed")
	}
}

// projectionWithCursor is a relay as it should not be.
func projectionWithCursor(t *testing.T, log *memory.Store, p bus.Publisher) *projection.Runner {
	t.Helper()
	e, err := bus.NewEncoder(bustest.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	lineage, _ := log.Lineage(t.Context())
	return projection.New(projection.Config{Name: "relay-control", Store: log, Handler: naive{p, e, lineage}})
}

type naive struct {
	p       bus.Publisher
	e       *bus.Encoder
	lineage uuid.UUID
}

func (n naive) Apply(ctx context.Context, records []eventstore.Record) error {
	mark, err := n.p.Last(ctx)
	if err != nil {
		return err
	}
	var messages []bus.Message
	for i := range records {
		m, err := n.e.Encode(n.lineage, &records[i])
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	_, err = n.p.Publish(ctx, mark.Sequence, messages)
	return err
}

// BenchmarkRelay is events a second from the log to a synced stream.
func BenchmarkRelay(b *testing.B) {
	log := memory.Open()
	defer log.Close()
	if err := bustest.Grow(b.Context(), log, 20_000, 400); err != nil {
		b.Fatal(err)
	}
	e, _ := bus.NewEncoder(bustest.Catalogue())
	for b.Loop() {
		b.StopTimer()
		broker := openAt(b, b.TempDir())
		r := bus.NewRelay(bus.RelayConfig{Log: log, Publisher: broker.Publisher(broker.Published(0)), Encoder: e, Batch: 500})
		b.StartTimer()
		stop := start(r)
		if err := r.WaitFor(b.Context(), 20_000); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		stop()
		broker.Close()
		b.StartTimer()
	}
	b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
