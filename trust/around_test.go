package trust

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/service"
)

// What the services around ours tell, and what must have become of it.

// data is the data of an event. All of it may be personal.
type data = map[string]any

// told is a CloudEvent of the service that a bus subject belongs to.
func told(subject, id string, at time.Time, d data) []byte {
	parts := strings.Split(strings.TrimPrefix(subject, "activities.v1."), ".")
	from, name := parts[0], parts[len(parts)-1]
	raw, _ := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": "/" + from, "type": "acme." + from + "." + name + ".v1",
		"time": at.UTC().Format(time.RFC3339Nano), "datacontenttype": "application/json", "data": d})
	return raw
}

// tell publishes until the broker has it: it may be dead for a while.
func tell(t *testing.T, js jetstream.JetStream, subject string, message []byte) {
	t.Helper()
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if _, err = js.Publish(t.Context(), subject, message); err == nil {
			return
		}
	}
	t.Errorf("%s was not published: %v", subject, err)
}

func completed(user, order, amount string) data {
	return data{"userId": user, "orderId": order, "total": data{"amount": amount, "currency": "EUR"}}
}

// figures are what the API says of a customer's activity.
type figures struct {
	Activities, Orders                              int
	OpenTickets                                     int
	Spent                                           []struct{ Currency, Total string }
	FirstPurchaseAt, LastActivityAt, LastPurchaseAt time.Time
}

func figuresOf(c *service.Client, id string) (f figures, err error) {
	a, err := patient(c, "GET", "/v1/customers/"+id+"/activity", nil)
	if err == nil && a.Status != 200 {
		err = fmt.Errorf("activity answers %d %s", a.Status, a.Code())
	}
	if err == nil {
		err = json.Unmarshal(a.Body, &f)
	}
	return f, err
}

// notesOf lists the contents of a customer's notes, the newest first.
func notesOf(c *service.Client, id string) (contents []string, err error) {
	a, err := patient(c, "GET", "/v1/customers/"+id+"/notes?limit=200", nil)
	if err == nil && a.Status != 200 {
		err = fmt.Errorf("notes answers %d %s", a.Status, a.Code())
	}
	var page struct{ Items []struct{ Content string } }
	if err == nil {
		err = json.Unmarshal(a.Body, &page)
	}
	for _, one := range page.Items {
		contents = append(contents, one.Content)
	}
	return contents, err
}

// lettersWith counts the dead letters with a code, and makes sure that the list
// has nothing of what is in them.
func lettersWith(t *testing.T, c *service.Client, code string, personal ...string) (n int) {
	t.Helper()
	a, err := patient(c, "GET", "/v1/dead-letters?limit=200", nil)
	if err != nil || a.Status != 200 {
		t.Fatalf("dead letters: %v %v", a, err)
	}
	for _, value := range personal {
		if strings.Contains(string(a.Body), value) {
			t.Error("the list of dead letters has what is in them")
		}
	}
	var page struct{ Items []struct{ Code string } }
	if err := json.Unmarshal(a.Body, &page); err != nil {
		t.Fatal(err)
	}
	for _, one := range page.Items {
		if one.Code == code {
			n++
		}
	}
	return n
}
