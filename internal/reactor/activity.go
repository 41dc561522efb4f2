package reactor

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/source"
)

// whom is how the events of other services name a customer: by our id, by the
// identity provider's, or by one of their own. Members that we do not know are
// passed over.
type whom struct {
	CustomerID string `json:"customerId,omitempty" doc:"Our id of the customer; or"`
	UserID     string `json:"userId,omitempty" doc:"the identity provider's; or"`
	External   struct {
		Source string `json:"source"`
		ID     string `json:"id"`
	} `json:"externalId,omitzero" doc:"an external id. Without any of them the event's subject is our id"`
}

type order struct {
	whom
	OrderID string `json:"orderId" doc:"Counted once, however often it is told"`
	Total   struct {
		Amount   string `json:"amount" doc:"A decimal number, like 129.90"`
		Currency string `json:"currency" doc:"ISO 4217"`
	} `json:"total"`
}

type ticket struct {
	whom
	TicketID   string `json:"ticketId"`
	Subject    string `json:"subject,omitempty" doc:"What it is about"`
	Resolution string `json:"resolution,omitempty" doc:"How it was resolved: becomes a support note"`
}

type login struct {
	whom
}

// ActivityMessages describes what we take from the services around us.
func ActivityMessages() []bus.InboundSpec {
	return []bus.InboundSpec{
		{Subject: "orders.v1.OrderCompleted", Doc: "An order was completed: it counts among the customer's purchases.", Data: reflect.TypeFor[order]()},
		{Subject: "support.v1.SupportTicketCreated", Doc: "A customer asked support for something.", Data: reflect.TypeFor[ticket]()},
		{Subject: "support.v1.SupportTicketResolved", Doc: "Support has answered: its resolution becomes a note.", Data: reflect.TypeFor[ticket]()},
		{Subject: "identity.v1.UserAuthenticated", Doc: "A user logged in: the customer's last activity.", Data: reflect.TypeFor[login]()},
	}
}

// ActivitySubjects are the bus subjects of these messages, and of what any
// other source tells that is registered. They share a work queue: each queue
// costs every start some writes to the broker's disk.
func ActivitySubjects() []string {
	out := []string{otherActivities + ">"}
	for _, m := range ActivityMessages() {
		out = append(out, m.Subject)
	}
	return out
}

// HandleActivity gives the bus handler of these messages. One about a customer
// who is not known yet fails with fault.ErrUnknownCustomer, and is put aside.
func HandleActivity(sources source.Register, tell func(context.Context, app.Did) error) bus.Handle {
	return func(ctx context.Context, m bus.InboundMessage) error {
		d, err := didOf(sources, &m)
		if err != nil {
			return err
		}
		return tell(ctx, d)
	}
}

// Handle hands each message to the handler of its kind.
func Handle(identity, activities bus.Handle) bus.Handle {
	subjects := IdentitySubjects()
	return func(ctx context.Context, m bus.InboundMessage) error {
		if slices.Contains(subjects, m.On) {
			return identity(ctx, m)
		}
		return activities(ctx, m)
	}
}

const otherActivities = "activities.v1."

// activityType finds who tells of what, by the bus subject alone: a service
// that may publish on its own subjects must not speak for another.
func activityType(sources source.Register, m *bus.InboundMessage) (from, typ string) {
	for _, known := range ActivityMessages() {
		if known.Subject == m.On {
			parts := strings.Split(known.Subject, ".")
			return parts[0], parts[2]
		}
	}
	end := strings.LastIndexByte(m.On, '.')
	if !strings.HasPrefix(m.On, otherActivities) || end < len(otherActivities) {
		return "", ""
	}
	from = m.On[len(otherActivities):end]
	if from != m.Source[strings.LastIndexByte(m.Source, '/')+1:] {
		return "", ""
	}
	return from, sources.TypeIn(from, m.On[end+1:])
}

func didOf(sources source.Register, m *bus.InboundMessage) (app.Did, error) {
	from, typ := activityType(sources, m)
	if typ == "" {
		return app.Did{}, fault.ErrMalformed.With(errors.New("an activity that is none of ours"))
	}
	var in struct{ whom }
	if err := json.Unmarshal(m.Data, &in); err != nil {
		return app.Did{}, fault.ErrMalformed // the cause would quote the data
	}
	d := app.Did{Source: from, UserID: in.UserID, ExternalSource: in.External.Source, ExternalID: in.External.ID, Record: activity.Record{ID: m.ID, Type: typ, At: m.Time}}
	id := in.CustomerID
	if id == "" && in.UserID == "" && in.External.ID == "" {
		id = m.Subject
	}
	if id != "" {
		var err error
		if d.Customer, err = uuid.Parse(id); err != nil {
			return app.Did{}, fault.ErrMalformed.With(errors.New("an activity without a customer"))
		}
	}
	app.Tell(&d, m.Data)
	return d, nil
}
