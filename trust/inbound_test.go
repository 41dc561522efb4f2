package trust

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/service"
)

// userRegistered is an identity event as a CloudEvent. Every field of data may
// be personal.
func userEvent(kind, id string, data map[string]any) []byte {
	raw, _ := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": "/identity", "type": "acme.identity." + kind + ".v1",
		"subject": data["userId"], "time": time.Now().UTC().Format(time.RFC3339Nano), "datacontenttype": "application/json", "data": data})
	return raw
}

// say tells something of the identity provider's.
func say(t *testing.T, js jetstream.JetStream, kind string, message []byte) {
	t.Helper()
	tell(t, js, "identity.v1."+kind, message)
}

// customerOf waits until a user has become a customer.
func customerOf(t *testing.T, c *service.Client, user string) (got service.Customer) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		a, err := c.Do("POST", "/v1/customers/lookup", map[string]any{"userId": user})
		if err != nil {
			continue
		}
		items, err := found(a)
		if err != nil {
			continue
		}
		if len(items) > 1 {
			t.Fatalf("%d customers of one user", len(items))
		}
		if len(items) == 1 {
			return items[0]
		}
	}
	t.Fatalf("user %s did not become a customer", user)
	return got
}

// An identity event that the broker has acknowledged takes
// effect once, although it is sent twice and the service is killed meanwhile.
func TestEveryIdentityEventHasItsEffectOnceAcrossKills(t *testing.T) {
	cfg, url := onBus(t)
	s := service.Start(t, cfg)
	c, js := s.Client(t), connect(t, url)
	users, kills := count(40, 1000), count(2, 50)
	name := func(n int) string { return fmt.Sprintf("user-%d", n) }
	var publishing sync.WaitGroup
	for worker := range 4 {
		publishing.Go(func() {
			for n := worker; n < users; n += 4 {
				born := userEvent("UserRegistered", fmt.Sprint("r", n), map[string]any{"userId": name(n), "email": name(n) + "@inbound.example"})
				moved := userEvent("UserUpdated", fmt.Sprint("u", n), map[string]any{"userId": name(n), "email": name(n) + "@inbound.example",
					"name": map[string]any{"given": fmt.Sprint("Given", n)}})
				for _, m := range []struct {
					kind string
					data []byte
				}{{"UserRegistered", born}, {"UserRegistered", born}, {"UserUpdated", moved}, {"UserUpdated", moved}} {
					say(t, js, m.kind, m.data)
				}
			}
		})
	}
	for k := range kills {
		customerOf(t, c, name(k*users/(kills+1)))
		s.Kill()
		s.Start(t)
	}
	publishing.Wait()
	for n := range users {
		if wrong := once(t, c, name(n), fmt.Sprint("Given", n)); wrong != "" {
			t.Error(wrong)
		}
	}
	if got := total(t, c); got != users {
		t.Errorf("%d customers of %d users", got, users)
	}
	// The control: the same change under another message id is another effect.
	say(t, js, "UserUpdated", userEvent("UserUpdated", "other", map[string]any{"userId": name(0), "email": name(0) + "@inbound.example", "name": map[string]any{"given": "Other"}}))
	if once(t, c, name(0), "Other") == "" {
		t.Error("control: a second effect goes unseen")
	}
}

// once waits for a user's change and wants exactly two events: that the user
// came, and that the name changed.
func once(t *testing.T, c *service.Client, user, given string) string {
	t.Helper()
	var got service.Customer
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = customerOf(t, c, user); got.Name.Given == given {
			break
		}
	}
	if got.Name.Given != given || got.Version != 2 {
		return fmt.Sprintf("%s is at version %d", user, got.Version)
	}
	return ""
}
