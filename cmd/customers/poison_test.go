package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/nats"
	"github.com/acme/customers/internal/reactor"
)

// poisoned is the production wiring, but for a handler that one message is
// poison to, and for delays that a test can wait for.
type poisoned struct {
	*service
	around  *around
	address string
	poison  string // a message id; "" is none
	tried   atomic.Int32
	stop    func()
}

func newPoisoned(t *testing.T, data, poison string) *poisoned {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	p := &poisoned{address: free.Addr().String(), poison: poison}
	p.service = assemble(t, "--data", data, "--nats-listen", p.address)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = p.model.Run(ctx) })
	in := p.broker.Inbound(nats.InboundConfig{Stream: "activities", Subjects: reactor.ActivitySubjects(),
		Receiver: &bus.Receiver{Handle: p.handle, Dead: p.letters, Logger: slog.New(slog.DiscardHandler), Backoff: []time.Duration{time.Millisecond}}})
	running.Go(func() { _ = in.Run(ctx) })
	p.stop = sync.OnceFunc(func() { cancel(); running.Wait(); p.close() })
	t.Cleanup(p.stop)
	p.around = connect(t, p.address)
	return p
}

func (p *poisoned) handle(ctx context.Context, m bus.InboundMessage) error {
	if m.ID == p.poison {
		p.tried.Add(1)
		panic("poison")
	}
	return p.app.Inbound(ctx, m)
}

// spent waits until a customer has so many orders, and tells what they came to.
func (p *poisoned) spent(t *testing.T, user string, orders int64) (total string) {
	t.Helper()
	call := app.Call{Caller: authz.Principal{Role: authz.RoleAdmin, Subject: "test"}}
	eventually(t, fmt.Sprint(orders, " orders of ", user), func() bool {
		found, err := p.app.Lookup(t.Context(), call, app.Lookup{UserID: user})
		if err != nil || len(found) != 1 {
			return false
		}
		s, err := p.app.ActivitySummary(t.Context(), call, found[0].ID)
		total = s.Spent["EUR"].Total.In("EUR")
		return err == nil && s.Orders == orders
	})
	return total
}

// Values that nothing else has.
var secretsOfPoison = []string{"usr-poisoned-quixotic", "usr-bystander-quixotic", "ord-quixotic-1", "9182736.45"}

// An activity that cannot be handled is put aside after five deliveries,
// sealed, and survives a restart; everybody else's, and its customer's other
// ones, go on; handled again once that is possible, it counts, once.
func TestAPoisonActivityIsPutAsideAndTheRestGoesOn(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := newPoisoned(t, data, "m1")
	poisonedUser, bystander := secretsOfPoison[0], secretsOfPoison[1]
	for _, user := range []string{poisonedUser, bystander} {
		if err := p.app.Inbound(t.Context(), bus.InboundMessage{On: "identity.v1.UserRegistered", ID: user, Source: "/identity", Data: fmt.Appendf(nil, `{"userId":%q,"email":"%s@example.test"}`, user, user)}); err != nil {
			t.Fatal(err)
		}
	}
	order := func(user, id, amount string) string {
		return fmt.Sprintf(`{"userId":%q,"orderId":%q,"total":{"amount":%q,"currency":"EUR"}}`, user, id, amount)
	}
	p.around.tell(t, "orders.v1.OrderCompleted", order(poisonedUser, secretsOfPoison[2], secretsOfPoison[3]), false)
	for n := range 5 {
		p.around.tell(t, "orders.v1.OrderCompleted", order(poisonedUser, fmt.Sprint("a", n), "1"), false)
		p.around.tell(t, "orders.v1.OrderCompleted", order(bystander, fmt.Sprint("b", n), "2"), false)
	}
	if a, b := p.spent(t, poisonedUser, 5), p.spent(t, bystander, 5); a != "5.00" || b != "10.00" {
		t.Errorf("the rest came to %s and %s", a, b)
	}
	eventually(t, "put aside", func() bool { n, err := p.letters.Count(t.Context()); return err == nil && n == 1 })
	letters, err := p.letters.List(t.Context(), "", 10)
	if err != nil || len(letters) != 1 || letters[0].Attempts != 5 || letters[0].Code != "internal" || letters[0].Subject != "orders.v1.OrderCompleted" || p.tried.Load() != 5 {
		t.Fatalf("%d letters after %d tries, %v", len(letters), p.tried.Load(), err)
	}
	p.stop()
	if found, err := bustest.Scan(data, secretsOfPoison); found != 0 || err != nil {
		t.Errorf("%d values are readable in the files, %v", found, err)
	}
	unsealedIsFound(t, order(poisonedUser, secretsOfPoison[2], secretsOfPoison[3]))

	mended := newPoisoned(t, data, "")
	call := app.Call{Caller: authz.Principal{Role: authz.RoleAdmin, Subject: "test"}}
	for again, want := range []error{nil, bus.ErrNoLetter} {
		if err := mended.app.ReplayDeadLetter(t.Context(), call, letters[0].ID); !errors.Is(err, want) {
			t.Errorf("replay %d: %v", again+1, err)
		}
	}
	if total := mended.spent(t, poisonedUser, 6); total != "9182741.45" {
		t.Errorf("replayed, it comes to %s", total)
	}
}

// unsealed seals nothing.
type unsealed struct{ bus.Sealer }

func (unsealed) Seal(_ context.Context, _ string, _, plain []byte) ([]byte, error) { return plain, nil }

// unsealedIsFound: the same letter, not sealed, is seen by the same search.
func unsealedIsFound(t *testing.T, message string) {
	t.Helper()
	dir := t.TempDir()
	letters, err := openDeadLetters(t.Context(), dsn("sqlite:"+filepath.Join(dir, "events.db")))
	if err != nil {
		t.Fatal(err)
	}
	err = bus.NewQuarantine(letters, unsealed{bustest.NewSealer()}, 0, nil).Put(t.Context(), bus.Letter{Subject: "orders.v1.OrderCompleted", Code: "internal", Data: []byte(message)})
	if err := errors.Join(err, letters.Close()); err != nil {
		t.Fatal(err)
	}
	if found, err := bustest.Scan(dir, secretsOfPoison); found != 3 || err != nil {
		t.Errorf("control: of three values that are not sealed %d are found, %v", found, err)
	}
}
