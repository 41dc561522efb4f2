package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acme/customers/trust/service"
)

// An Idempotency-Key makes a request take effect once, however often
// it is sent, and whatever happens to the service between commit and reply.

// somebody is a registration that could be repeated: a phone number may
// belong to several.
func somebody(name string) service.Registration {
	return service.Registration{Name: service.Name{Given: "Once", Family: name}, Phone: "+4915112345678"}
}

// total is how many customers there are.
func total(t *testing.T, c *service.Client) int {
	t.Helper()
	a, err := patient(c, "GET", "/v1/statistics/customers", nil)
	if err != nil || a.Status != 200 {
		t.Fatalf("statistics: %v %v", a, err)
	}
	var out struct{ Total int }
	if err := json.Unmarshal(a.Body, &out); err != nil {
		t.Fatal(err)
	}
	return out.Total
}

func TestAHundredReplaysAreOneEffect(t *testing.T) {
	s := service.Start(t, service.Config{})
	c := s.Client(t)
	for round := range count(5, 100) {
		before, key := total(t, c), fmt.Sprint("key-", round)
		answers := replays(c, 100, func(int) string { return key }, somebody(key))
		if wrong := oneEffect(answers); wrong != "" {
			t.Fatal(wrong)
		}
		if made := total(t, c) - before; made != 1 {
			t.Fatalf("%d customers were made", made)
		}
		if a, err := c.Do("POST", "/v1/customers", somebody("another"), "Idempotency-Key", key); err != nil || a.Status != 422 || a.Code() != "idempotency_key_reused" {
			t.Fatalf("another payload: %v %v", a, err)
		}
		admin := c.As(service.Token(t, s.Data, "admin"))
		if a, err := admin.Do("POST", "/v1/customers", somebody(key), "Idempotency-Key", key); err != nil || a.Status != 201 || a.Header.Get("Idempotency-Replayed") != "" {
			t.Fatalf("another caller: %v %v", a, err)
		}
	}
	// The control: the same requests, each under a key of its own.
	before := total(t, c)
	answers := replays(c, 20, func(n int) string { return fmt.Sprint("control-", n) }, somebody("control"))
	if oneEffect(answers) == "" || total(t, c)-before == 1 {
		t.Error("control: twenty registrations pass for one")
	}
}

// replays sends the same request many times at once.
func replays(c *service.Client, n int, key func(int) string, body any) []service.Answer {
	answers := make([]service.Answer, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			var err error
			if answers[i], err = c.Do("POST", "/v1/customers", body, "Idempotency-Key", key(i)); err != nil {
				answers[i] = service.Answer{Body: []byte(err.Error())}
			}
		})
	}
	all.Wait()
	return answers
}

// oneEffect says why answers are not those to one request: all that succeeded
// are the same, and none but those in flight failed.
func oneEffect(answers []service.Answer) string {
	var first []byte
	for _, a := range answers {
		switch {
		case a.Status == 201 && first == nil:
			first = a.Body
		case a.Status == 201 && !bytes.Equal(a.Body, first):
			return fmt.Sprintf("two answers: %s and %s", first, a.Body)
		case a.Status == 409 && a.Code() == "request_in_flight":
		case a.Status != 201:
			return fmt.Sprint(a)
		}
	}
	if first == nil {
		return "nobody succeeded"
	}
	return ""
}

// The service is killed when it has answered, but before the client has the
// answer: the client asks again, and gets it.
func TestAKeyHoldsAcrossAKillBeforeTheReply(t *testing.T) {
	s := service.Start(t, service.Config{})
	c := s.Client(t)
	for n := range count(3, 50) {
		key := fmt.Sprint("lost-", n)
		cut := &service.Client{Base: cutsReplies(t, s), Token: c.Token, HTTP: c.HTTP}
		if a, err := cut.Do("POST", "/v1/customers", somebody(key), "Idempotency-Key", key); err == nil {
			t.Fatalf("the reply arrived: %v", a)
		}
		s.Start(t)
		if got := total(t, c); got != n+1 {
			t.Fatalf("%d customers after %d requests: the reply was lost, not the request", got, n+1)
		}
		a, err := c.Do("POST", "/v1/customers", somebody(key), "Idempotency-Key", key)
		if err != nil || a.Status != 201 || a.Header.Get("Idempotency-Replayed") != "true" {
			t.Fatalf("again: %v %v", a, err)
		}
		if a, err := c.Do("POST", "/v1/customers", somebody("another"), "Idempotency-Key", key); err != nil || a.Status != 422 {
			t.Fatalf("another payload: %v %v", a, err)
		}
		if got := total(t, c); got != n+1 {
			t.Fatalf("%d customers after %d requests", got, n+1)
		}
	}
}

// cutsReplies hands a request on and kills the service when it has answered;
// the client sees the connection break.
func cutsReplies(t *testing.T, s *service.Service) func() string {
	return proxy(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = forward(s, http.DefaultClient, r, body)
		s.Kill()
		panic(http.ErrAbortHandler)
	})
}

// Clients that simply ask again until they are answered, under kills at any
// moment: every request takes effect exactly once.
func TestAskingAgainAcrossKillsIsExactlyOnce(t *testing.T) {
	s := service.Start(t, service.Config{})
	c := s.Client(t)
	kills, requests := count(3, 100), count(150, 2000)
	ids := persistent(t, s, c, kills, requests)
	if made := total(t, c); made != len(ids) || made != len(slices.Compact(slices.Sorted(slices.Values(ids)))) {
		t.Errorf("%d customers were made for %d requests", made, len(ids))
	}
	// The control: a client that takes a new key when it asks again, after a kill
	// between commit and reply.
	before := total(t, c)
	cut := &service.Client{Base: cutsReplies(t, s), Token: c.Token, HTTP: c.HTTP}
	_, _ = cut.Do("POST", "/v1/customers", somebody("control"), "Idempotency-Key", "control")
	s.Start(t)
	if a, err := c.Do("POST", "/v1/customers", somebody("control"), "Idempotency-Key", "another"); err != nil || a.Status != 201 {
		t.Fatalf("control: %v %v", a, err)
	}
	if made := total(t, c) - before; made != 2 {
		t.Errorf("control: %d customers: a repeated effect is not counted", made)
	}
}

// persistent sends requests until each is answered, and kills the service
// meanwhile. It gives the ids of the answers.
func persistent(t *testing.T, s *service.Service, c *service.Client, kills, requests int) (ids []string) {
	t.Helper()
	const workers = 16
	var answered atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for n := range requests / workers {
				for {
					a, err := c.Do("POST", "/v1/customers", somebody("persistent"), "Idempotency-Key", fmt.Sprint(w, "-", n))
					if err != nil || a.Status == 503 {
						time.Sleep(2 * time.Millisecond) // until it is back
						continue
					}
					got, err := a.Customer()
					if err = errors.Join(err, unless(a.Status == 201, a)); err != nil {
						t.Error(err)
					}
					mu.Lock()
					ids = append(ids, got.ID)
					mu.Unlock()
					answered.Add(1)
					break
				}
			}
		})
	}
	for k := range kills {
		for answered.Load() < int64((k+1)*requests/(kills+2)) {
			time.Sleep(time.Millisecond)
		}
		s.Kill()
		s.Start(t)
	}
	all.Wait()
	return ids
}

func unless(ok bool, a service.Answer) error {
	if ok {
		return nil
	}
	return errors.New(a.String())
}
