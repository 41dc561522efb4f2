package reactor

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/source"
)

func TestEveryActivityIsUnderstood(t *testing.T) {
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	id := uuid.MustParse("0191d2a8-0000-7000-8000-000000000001")
	const order = `{"userId":"u1","orderId":"o1","total":{"amount":"12.50","currency":"EUR"},"lines":[]}`
	more, err := source.Parse([]byte(`[{"name":"x","types":[{"name":"PointsEarned"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		on, subject, data string
		want              app.Did
		malformed         bool
	}{
		{"orders.v1.OrderCompleted", "", order, app.Did{Source: "orders", UserID: "u1", Record: activity.Record{ID: "o1", Type: "OrderCompleted", At: at, Data: order, Total: "12.50", Currency: "EUR"}}, false},
		{"support.v1.SupportTicketResolved", "", `{"customerId":"` + id.String() + `","ticketId":"t1","resolution":"sent again"}`,
			app.Did{Source: "support", Customer: id, Record: activity.Record{ID: "t1", Type: "SupportTicketResolved", At: at, Text: "sent again", Data: `{"customerId":"` + id.String() + `","ticketId":"t1","resolution":"sent again"}`}}, false},
		{"support.v1.SupportTicketCreated", id.String(), `{"ticketId":"t1","subject":"late"}`, app.Did{Source: "support", Customer: id, Record: activity.Record{ID: "t1", Type: "SupportTicketCreated", At: at, Text: "late", Data: `{"ticketId":"t1","subject":"late"}`}}, false},
		{"identity.v1.UserAuthenticated", "", `{"externalId":{"source":"crm","id":"7"}}`, app.Did{Source: "identity", ExternalSource: "crm", ExternalID: "7", Record: activity.Record{ID: "m1", Type: "UserAuthenticated", At: at, Data: `{"externalId":{"source":"crm","id":"7"}}`}}, false},
		{"activities.v1.x.PointsEarned", "", `{"userId":"u1","orderId":"o1","points":3}`, app.Did{Source: "x", UserID: "u1", Record: activity.Record{ID: "m1", Type: "PointsEarned", At: at, Data: `{"userId":"u1","orderId":"o1","points":3}`}}, false},
		{"activities.v1.x.PointsLost", "", `{"userId":"u1"}`, app.Did{}, true},
		{"identity.v1.UserAuthenticated", "nobody", `{}`, app.Did{}, true},
		{"orders.v1.OrderShipped", "", order, app.Did{}, true},
		{"orders.v1.OrderCompleted", "", `{"userId":7}`, app.Did{}, true},
	} {
		var got app.Did
		err := HandleActivity(more, func(_ context.Context, d app.Did) error { got = d; return nil })(t.Context(),
			bus.InboundMessage{On: tc.on, ID: "m1", Source: "/x", Type: typeOf(tc.on), Subject: tc.subject, Time: at, Data: json.RawMessage(tc.data)})
		if (err != nil) != tc.malformed || tc.malformed && !errors.Is(err, fault.ErrMalformed) {
			t.Errorf("%s %s: %v", tc.on, tc.data, err)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s %s: %s", tc.on, tc.data, d)
		}
	}
}

// typeOf is the CloudEvents type that belongs to a bus subject.
func typeOf(on string) string {
	parts := strings.Split(on, ".")
	return "acme." + parts[len(parts)-2] + "." + parts[len(parts)-1] + ".v1"
}

// A service is permitted by bus subjects: whatever else its message claims, it
// speaks for itself alone.
func TestWhoMayPublishOnItsOwnSubjectsSpeaksForNobodyElse(t *testing.T) {
	sources, err := source.Parse([]byte(`[{"name":"loyalty","types":[{"name":"PointsEarned"}]},{"name":"shop","types":[{"name":"PointsEarned"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		on, source, typ, want string
	}{
		{"identity.v1.UserDeleted", "/identity", "acme.identity.UserDeleted.v1", "deleted"},
		{"orders.v1.OrderCompleted", "/orders", "acme.orders.OrderCompleted.v1", "orders OrderCompleted"},
		{"activities.v1.loyalty.PointsEarned", "/loyalty", "acme.loyalty.PointsEarned.v1", "loyalty PointsEarned"},
		{"activities.v1.loyalty.UserDeleted", "/identity", "acme.identity.UserDeleted.v1", ""},
		{"activities.v1.loyalty.PointsEarned", "/loyalty", "acme.UserDeleted.PointsEarned.v1", "loyalty PointsEarned"},
		{"activities.v1.loyalty.OrderCompleted", "/orders", "acme.orders.OrderCompleted.v1", ""},
		{"activities.v1.loyalty.PointsEarned", "/shop", "acme.shop.PointsEarned.v1", ""},
		{"activities.v1.PointsEarned", "/", "acme.PointsEarned.v1", ""},
		{"identity.v1.UserRegistered", "/identity", "acme.UserDeleted.UserRegistered.v1", "registered"},
		{"identity.v1.UserAuthenticated", "/identity", "acme.UserDeleted.UserAuthenticated.v1", "identity UserAuthenticated"},
	} {
		var user called
		var did app.Did
		handle := Handle(HandleIdentity(&user, nil), HandleActivity(sources, func(_ context.Context, d app.Did) error { did = d; return nil }))
		err := handle(t.Context(), bus.InboundMessage{On: tc.on, ID: "1", Source: tc.source, Type: tc.typ, Data: json.RawMessage(`{"userId":"u1"}`)})
		if got := strings.TrimSpace(user.name + did.Source + " " + did.Record.Type); got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s of %s on %s is %q, %v", tc.typ, tc.source, tc.on, got, err)
		}
	}
}

// parked are letters in memory.
type parked map[string]bus.Letter

func (p parked) List(_ context.Context, after string, _ int) (out []bus.Letter, _ error) {
	for id, l := range p {
		if id > after {
			l.ID = id
			out = append(out, l)
		}
	}
	return out, nil
}

func (p parked) Replay(ctx context.Context, id string, handle bus.Handle) error {
	err := handle(ctx, bus.InboundMessage{ID: id})
	if err == nil {
		delete(p, id)
	}
	return err
}

// What was told of somebody who was not known is applied once he is, and not
// before; what failed for another reason waits for a person.
func TestParkedMessagesAreAppliedWhenTheCustomerIsThere(t *testing.T) {
	young := time.Now()
	letters := parked{"a": {At: young, Code: fault.ErrUnknownCustomer.Code}, "b": {At: young, Code: fault.ErrMalformed.Code}, "c": {At: young, Code: fault.ErrUnknownCustomer.Code}}
	known, applied := map[string]bool{}, map[string]int{}
	p := Parked{Letters: letters, Log: slog.New(slog.DiscardHandler), Handle: func(_ context.Context, m bus.InboundMessage) error {
		if !known[m.ID] {
			return fault.ErrUnknownCustomer
		}
		applied[m.ID]++
		return nil
	}}
	for _, appears := range []string{"", "a", "", "b"} {
		known[appears] = true
		if err := p.Round(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(map[string]int{"a": 1}, applied); d != "" || len(letters) != 2 {
		t.Errorf("%s, left %v", d, letters)
	}
}
