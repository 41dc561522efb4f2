package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// around is the services around ours, on a real broker.
type around struct {
	js jetstream.JetStream
	n  int
}

func connect(t *testing.T, address string) *around {
	t.Helper()
	c, err := nats.Connect("nats://" + address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &around{js: js}
}

// tell publishes a CloudEvent, with an id of its own or again with the last one.
func (a *around) tell(t *testing.T, subject, data string, again bool) {
	t.Helper()
	if !again {
		a.n++
	}
	parts := strings.Split(strings.TrimPrefix(subject, "activities.v1."), ".")
	raw := fmt.Sprintf(`{"specversion":"1.0","id":"m%d","source":"/%s","type":"acme.%s.%s.v1","time":%q,"datacontenttype":"application/json","data":%s}`,
		a.n, parts[0], parts[0], parts[len(parts)-1], time.Now().UTC().Format(time.RFC3339Nano), data)
	if _, err := a.js.Publish(t.Context(), subject, []byte(raw)); err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
}

// eventually waits for something that happens elsewhere.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	for !is() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, errors.Join(ctx.Err()))
		}
	}
}

// Orders, tickets and log-ins come over the bus, twice and before their
// customer does, and are in the figures once.
func TestWhatTheServicesAroundTellIsApplied(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	sources := filepath.Join(t.TempDir(), "sources.json")
	write(t, sources, `[{"name":"loyalty","types":[{"name":"PointsEarned","schema":{"type":"object","required":["points"]}}]}]`)
	r := serve(t, filepath.Join(t.TempDir(), "data"), "--nats-listen", address, "--activity-sources", sources)
	admin := r.token(t, "--role", "admin")
	a := connect(t, address)
	const order = `{"userId":"u1","orderId":"o1","total":{"amount":"12.50","currency":"EUR"}}`
	for _, again := range []bool{false, true} {
		a.tell(t, "orders.v1.OrderCompleted", order, again)
	}
	a.tell(t, "orders.v1.OrderCompleted", order, false) // the same order, told by another event
	eventually(t, "parked", func() bool {
		out, err := cmdline(t, "dlq", "list", "--data", r.data, "--url", r.url)
		return err == nil && strings.Contains(out, "unknown_customer") && !strings.Contains(out, "u1")
	})
	a.tell(t, "identity.v1.UserRegistered", `{"userId":"u1","email":"ada@example.test","emailVerified":true}`, false)
	a.tell(t, "support.v1.SupportTicketCreated", `{"userId":"u1","ticketId":"t1","subject":"late"}`, false)
	for _, again := range []bool{false, true} {
		a.tell(t, "support.v1.SupportTicketResolved", `{"userId":"u1","ticketId":"t1","resolution":"sent again"}`, again)
	}
	a.tell(t, "identity.v1.UserAuthenticated", `{"userId":"u1"}`, false)
	a.tell(t, "activities.v1.loyalty.PointsEarned", `{"userId":"u1","points":3}`, false)
	a.tell(t, "activities.v1.loyalty.PointsEarned", `{"userId":"u1"}`, false) // not by its schema
	var id string
	eventually(t, "registered", func() bool {
		status, found := r.call(t, admin, "POST", "/v1/customers/lookup", `{"userId":"u1"}`)
		if items, _ := found["items"].([]any); status == 200 && len(items) == 1 {
			id = items[0].(map[string]any)["id"].(string)
		}
		return id != ""
	})
	figures := ""
	eventually(t, "applied", func() bool {
		_, got := r.call(t, admin, "GET", "/v1/customers/"+id+"/activity", "")
		figures = fmt.Sprint(got["orders"], got["activities"], got["openTickets"], got["spent"])
		return strings.HasPrefix(figures, "1 5 0 ")
	})
	if figures != "1 5 0 [map[average:12.50 currency:EUR orders:1 total:12.50]]" {
		t.Error(figures)
	}
	eventually(t, "unparked", func() bool {
		out, err := cmdline(t, "dlq", "list", "--data", r.data, "--url", r.url)
		return err == nil && strings.Count(out, "\n") == 1 && strings.Contains(out, "invalid") // but for what is not by its schema
	})
	_, notes := r.call(t, admin, "GET", "/v1/customers/"+id+"/notes", "")
	if items, _ := notes["items"].([]any); len(items) != 1 || items[0].(map[string]any)["content"] != "sent again" {
		t.Errorf("the support note: %v", notes)
	}
	if strings.Contains(r.log.String(), "u1") || strings.Contains(r.log.String(), "sent again") {
		t.Error("the log has what was told")
	}
}

// A file of what customers did is imported once, however often.
func TestActivitiesAreImported(t *testing.T) {
	r := serve(t, filepath.Join(t.TempDir(), "data"))
	admin := r.token(t, "--role", "admin")
	_, made := r.call(t, admin, "POST", "/v1/customers", `{"email":"ada@example.test","externalIds":{"crm":"7"}}`)
	file, rejects := filepath.Join(t.TempDir(), "did.jsonl"), filepath.Join(t.TempDir(), "rejects.csv")
	const who = `"externalId":{"source":"crm","id":"7"}`
	write(t, file, `{`+who+`,"source":"orders","id":"o1","type":"OrderCompleted","time":"2024-05-01T10:00:00Z","data":{"total":{"amount":"10","currency":"EUR"}}}
{`+who+`,"source":"orders","id":"o2","type":"OrderCompleted","time":"2024-06-01T10:00:00Z","data":{"total":{"amount":"2.50","currency":"EUR"}}}
{`+who+`,"source":"orders","id":"o3","type":"OrderCompleted","data":{"total":{"amount":"2.50","currency":"EUR"}}}
{`+who+`,"source":"orders","id":"o4","type":"OrderCompleted","time":"2024-06-01T10:00:00Z","data":{"total":{"amount":"much","currency":"EUR"}}}
{"userId":"nobody","source":"identity","id":"l1","type":"UserAuthenticated","time":"2024-06-01T10:00:00Z"}
`)
	for range 2 {
		out, err := cmdline(t, "activities", "import", file, "--rejects", rejects, "--batch", "2", "--url", r.url, "--data", r.data)
		raw, _ := os.ReadFile(rejects)
		if exitCode(err) != exitPartial || !strings.Contains(out, "5 rows: 2 taken, 3 rejected") || !strings.Contains(string(raw), "3,missing,") || !strings.Contains(string(raw), "4,invalid_amount,") || !strings.Contains(string(raw), "5,unknown_customer,") {
			t.Errorf("%v %s\n%s", err, out, raw)
		}
	}
	_, got := r.call(t, admin, "GET", "/v1/customers/"+made["id"].(string)+"/activity", "")
	if figures := fmt.Sprint(got["orders"], got["spent"], got["firstPurchaseAt"]); figures != "2 [map[average:6.25 currency:EUR orders:2 total:12.50]]2024-05-01T10:00:00Z" {
		t.Error(figures)
	}
	write(t, file, "{\n[")
	if _, err := cmdline(t, "activities", "import", file, "--url", r.url, "--data", r.data); err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Errorf("half a file: %v", err)
	}
}
