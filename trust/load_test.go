package trust

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/service"
)

// load is what goes on while something breaks: writers and readers of the API,
// and services around that tell, and keep what the broker does not take.
type load struct {
	c       *service.Client
	l       *ledger
	acked   atomic.Int64 // writes and reads of the API
	stop    chan struct{}
	running sync.WaitGroup

	mu    sync.Mutex
	wrong []string
}

func (o *load) fails(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wrong = append(o.wrong, what)
}

func (o *load) failed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.wrong)
}

// paced does something again and again until the load stops.
func (o *load) paced(every time.Duration, do func(n int)) {
	o.running.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-o.stop:
				return
			case <-tick.C:
				do(n)
			}
		}
	})
}

// idle is a load without any: whoever needs one adds it.
func idle(c *service.Client) *load {
	return &load{c: c, l: newLedger(), stop: make(chan struct{})}
}

// begin starts writers, each with a few customers of its own, and readers.
// Whatever they are answered, but a success, is an error.
func begin(c *service.Client) *load {
	o := idle(c)
	var known atomic.Value
	for w := range 4 {
		var mine []*entry
		o.paced(10*time.Millisecond, func(n int) {
			if len(mine) < 8 {
				mine = append(mine, o.l.enter(fmt.Sprintf("load%d-%d", w, n)))
			}
			e := mine[n%len(mine)]
			if a, err := e.write(c); err != nil || !a.OK() {
				o.fails(fmt.Sprintf("a write: %d %s %v", a.Status, a.Code(), err))
				return
			}
			o.acked.Add(1)
			known.Store(e.id)
		})
	}
	for _, path := range []string{"", "/context", "/activity"} {
		o.paced(10*time.Millisecond, func(int) {
			id, _ := known.Load().(string)
			if id == "" {
				return
			}
			if a, err := c.Do("GET", "/v1/customers/"+id+path, nil); err != nil || !a.OK() {
				o.fails(fmt.Sprintf("a read: %d %s %v", a.Status, a.Code(), err))
				return
			}
			o.acked.Add(1)
		})
	}
	return o
}

// end stops everybody, and gives what was answered otherwise.
func (o *load) end() []string {
	close(o.stop)
	o.running.Wait()
	return o.wrong
}

// more waits for so many more successes.
func (o *load) more(t *testing.T, n int64) {
	t.Helper()
	want := o.acked.Load() + n
	await(t, "the load to go on", func() bool { return o.acked.Load() >= want })
}

// teller is a service around ours, which keeps what it has to tell, in order,
// until the broker took it: some of it twice.
type teller struct {
	js   jetstream.JetStream
	said []message
	next int          // the first that the broker did not acknowledge
	told atomic.Int64 // acknowledgements
}

type message struct {
	subject string
	raw     []byte
}

func (s *teller) has(subject, id string, d data) {
	s.said = append(s.said, message{subject, told(subject, id, time.Now(), d)})
}

// flush hands over what the broker takes, and tells whether that is all.
func (s *teller) flush(ctx context.Context) bool {
	for ; s.next < len(s.said); s.next++ {
		if !s.js.Conn().IsConnected() {
			return false
		}
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err := s.js.Publish(ctx, s.said[s.next].subject, s.said[s.next].raw)
		cancel()
		if err != nil { // it may have been taken all the same: it is told again
			return false
		}
		s.told.Add(1)
	}
	return true
}

// queued is how many messages of others wait in the broker to be handled.
func queued(t *testing.T, js jetstream.JetStream) (n uint64) {
	t.Helper()
	for _, name := range []string{"identity", "activities"} {
		s, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		n += s.CachedInfo().State.Msgs
	}
	return n
}

// again tells everything once more, from the first.
func (s *teller) again(t *testing.T) {
	t.Helper()
	await(t, "what is kept to be told", func() bool { return s.flush(t.Context()) })
	s.next = 0
	await(t, "all to be told again", func() bool { return s.flush(t.Context()) })
}
