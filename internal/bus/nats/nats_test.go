package nats

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(brokerEnv); dir != "" {
		brokerProcess(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

var key = []byte("0123456789abcdef0123456789abcdef")

func openAt(t testing.TB, dir string, change ...func(*Config)) *Broker {
	t.Helper()
	cfg := Config{Name: "test", Dir: dir, Key: key}
	for _, c := range change {
		c(&cfg)
	}
	b, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// readAll reads a stream's messages by a consumer of the test's own.
func readAll(ctx context.Context, b *Broker) ([]bus.Message, error) {
	s, err := b.js.Stream(ctx, PublishedStream)
	if err != nil {
		return nil, err
	}
	info := s.CachedInfo()
	if info.State.Msgs == 0 {
		return nil, nil
	}
	c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, err
	}
	var out []bus.Message
	for uint64(len(out)) < info.State.Msgs {
		batch, err := c.Fetch(int(min(500, info.State.Msgs-uint64(len(out)))), jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			return nil, err
		}
		for m := range batch.Messages() {
			out = append(out, bus.Message{Subject: m.Subject(), Data: m.Data()})
		}
		if err := batch.Error(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func TestPublisher(t *testing.T) {
	open := func(t *testing.T, atomic bool) bustest.Stream {
		b := openAt(t, t.TempDir())
		want := b.Published(0)
		made := want
		made.AllowAtomicPublish = atomic // as an older server would leave it
		if _, err := b.js.CreateStream(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		p := b.Publisher(want)
		if _, err := p.Last(t.Context()); err != nil { // learns the mode
			t.Fatal(err)
		}
		if p.single.Load() == atomic {
			t.Fatalf("single publishes: %v", p.single.Load())
		}
		return bustest.Stream{Publisher: p, Read: func(ctx context.Context) ([]bus.Message, error) { return readAll(ctx, b) }}
	}
	t.Run("atomic", func(t *testing.T) {
		bustest.Publisher(t, func(t *testing.T) bustest.Stream { return open(t, true) })
	})
	t.Run("single", func(t *testing.T) {
		bustest.Publisher(t, func(t *testing.T) bustest.Stream { return open(t, false) })
	})
}

func TestNobodyElseIsLetIn(t *testing.T) {
	b := openAt(t, t.TempDir())
	if b.Addr() != "" || len(b.server.ClientURL()) > 0 && b.server.Addr() != nil {
		t.Errorf("listens on %s", b.Addr())
	}
	if err := b.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Open(Config{Dir: t.TempDir(), Listen: "0.0.0.0:0"}); err == nil {
		t.Error("listens beyond loopback without a token")
	}
	guarded := openAt(t, t.TempDir(), func(c *Config) { c.Listen, c.Token = "127.0.0.1:0", "s3cret" })
	for token, want := range map[string]bool{"": false, "guess": false, "s3cret": true} {
		c, err := Open(Config{URL: "nats://" + guarded.Addr(), Token: token})
		if err != nil { // refused at once
			if want {
				t.Error(err)
			}
			continue
		}
		if err := c.Ping(t.Context()); (err == nil) != want {
			t.Errorf("with token %q: %v", token, err)
		}
		c.Close()
	}
}

func TestAnotherKeyIsRefusedAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	b := openAt(t, dir)
	if _, err := b.Publisher(b.Published(0)).Publish(t.Context(), 0, bustest.Messages(1, 1)); err == nil {
		t.Fatal("published to no stream")
	}
	if err := b.Check(t.Context(), b.Published(0)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Publisher(b.Published(0)).Publish(t.Context(), 0, bustest.Messages(1, 5)); err != nil {
		t.Fatal(err)
	}
	b.Close()
	for _, wrong := range [][]byte{[]byte("another key of thirty-two bytes!"), nil} {
		if other, err := Open(Config{Dir: dir, Key: wrong}); err == nil {
			other.Close()
			t.Error("opened under another key: the streams would be made anew over those that are there")
		}
	}
	again := openAt(t, dir) // control: the right key
	if m, err := again.Publisher(again.Published(0)).Last(t.Context()); err != nil || m.Position != 5 {
		t.Errorf("%+v, %v", m, err)
	}
}
