package trust

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/acme/customers/trust/service"
)

// What is derived from the log is the same whenever and however
// often its maker is killed: while it follows, and while it loads.

// digest is a hash over everything that is shown: the statistics and every
// customer.
func digest(t *testing.T, c *service.Client, l *ledger) string {
	t.Helper()
	await(t, "the facts", func() bool {
		a, err := c.Do("GET", "/readyz/search", nil)
		return err == nil && a.Status == 200
	})
	h := sha256.New()
	read := func(method, path string, body any) {
		a, err := c.Do(method, path, body)
		if err != nil || a.Status != 200 {
			t.Fatalf("%s: %v %v", path, a, err)
		}
		h.Write(a.Body)
	}
	read("GET", "/v1/statistics/customers", nil)
	for _, e := range l.list() {
		if e.id != "" {
			read("GET", "/v1/customers/"+e.id, nil)
			read("GET", "/v1/customers/"+e.id+"/completeness", nil)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestTheReadModelIsTheSameAfterAnyKill(t *testing.T) {
	s := service.Start(t, service.Config{})
	c, l := s.Client(t), newLedger()
	random := rand.New(rand.NewPCG(12, 1))
	for round := range count(4, 200) {
		storm{16, 60, fmt.Sprint("m", round), 3}.blow(l, c, s.Kill)
		s.StartAndKill(t, time.Duration(random.IntN(150))*time.Millisecond) // while it loads
		s.Start(t)
		live := digest(t, c, l) // loaded; then followed:
		e := l.enter(fmt.Sprint("f", round))
		for range 3 {
			if a, err := e.write(c); err != nil || !a.OK() {
				t.Fatalf("%v %v", a, err)
			}
		}
		followed := digest(t, c, l)
		if live == followed {
			t.Fatal("control: a change does not change the digest")
		}
		s.Kill()
		s.Start(t)
		if loaded := digest(t, c, l); loaded != followed {
			t.Fatalf("round %d: loaded anew it is another", round)
		}
	}
	want := digest(t, c, l)
	if code, out := service.Run(t, "rebuild", "--data", s.Data, "--url", s.URL()); code != 0 {
		t.Fatalf("rebuild exits %d: %s", code, out)
	}
	if got := digest(t, c, l); got != want {
		t.Error("after a rebuild it is another")
	}
	s.Kill()
	s.Start(t)
	if got := digest(t, c, l); got != want {
		t.Error("after a rebuild and a restart it is another")
	}
}
