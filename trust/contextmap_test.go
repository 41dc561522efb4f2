package trust

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/service"
)

// The whole context map, as one story: identity, orders and support tell; the
// order service, the cart, support, notifications, marketing and analytics
// hear and ask, each with what it may and nothing else.

// The people of the story. Every value is long enough to be told from chance.
const (
	ada, bert = "usr-ada-quixotic", "usr-bert-quixotic"
	adaName   = "Zweisteinova"
	adaMail   = "adalbertine@quixotic.example"
	adaStreet = "Brzgasse 78"
	adaOrder  = "ord-7391-quixotic"
	resolved  = "The parcel was sent again to Xanthippe"
)

// spoken are all personal values of the story: none of them is published.
var spoken = []string{ada, bert, adaMail, "bertolt@quixotic.example", "Adalbertine", adaName, "Umbenannta", "+41446681800", "1906-12-09",
	"Qwlgasse 77", "Tantenhaus", "Xanthippe", adaStreet, adaOrder, "ord-7392-quixotic", "ord-bert-quixotic", "17391.55", "12608.45", "tic-4711-quixotic",
	"Where is my zeppelin", resolved, "session-zeppelin", "wrote a quixotic letter"}

// story is what happens, on one broker.
type story struct {
	*platform
	js        map[string]jetstream.JetStream // of who tells
	listeners map[string]*listener
	admin     *service.Client
	bus       *service.Client // sees dead letters
	ada, bert string          // as customers
}

func TestTheContextMapHolds(t *testing.T) {
	for name, begin := range map[string]func(*testing.T) *platform{"the embedded broker": embeddedPlatform, "an external nats-server": externalPlatform} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &story{platform: begin(t), js: map[string]jetstream.JetStream{}, listeners: map[string]*listener{}}
			for _, who := range []string{"identity", "orders", "support", "loyalty"} {
				_, s.js[who] = s.on(t, who)
			}
			for who, events := range hears {
				s.listeners[who] = s.listen(t, who, events...)
			}
			c := s.Client(t)
			s.admin, s.bus = c.As(service.Token(t, s.Data, "admin")), c.As(service.Token(t, s.Data, "service", "--scope", "dead-letters"))
			s.ordersComeBeforeTheirCustomer(t)
			s.identityTells(t)
			s.ordersTell(t)
			s.supportTells(t)
			s.nobodySpeaksForAnother(t)
			s.theCustomerIsLookedAfter(t)
			s.eachHearsAndAsks(t)
			s.theCustomerAppears(t)
			s.theEnd(t)
			s.allWasHeard(t)
		})
	}
}

func (s *story) tells(t *testing.T, subject, id string, at time.Time, d data) {
	t.Helper()
	who, _, _ := strings.Cut(subject, ".")
	if who == "activities" {
		who = "loyalty"
	}
	tell(t, s.js[who], subject, told(subject, id, at, d))
}

// becomes waits until a customer's figures are what they should be.
func (s *story) becomes(t *testing.T, what, id string, as func(f figures) string, want string) {
	t.Helper()
	var last string
	defer func() {
		if last != want {
			t.Logf("%s: the figures were %s, not %s", what, last, want)
		}
	}()
	await(t, what, func() bool {
		f, err := figuresOf(s.admin, id)
		if err != nil {
			t.Fatal(err)
		}
		last = as(f)
		return last == want
	})
}

func counts(f figures) string {
	return fmt.Sprintf("%d activities, %d orders %v, %d open tickets", f.Activities, f.Orders, f.Spent, f.OpenTickets)
}

func (s *story) ordersComeBeforeTheirCustomer(t *testing.T) {
	s.tells(t, "orders.v1.OrderCompleted", "bert-1", time.Now(), completed(bert, "ord-bert-quixotic", "12608.45"))
	await(t, "the order of a stranger to be put aside", func() bool { return lettersWith(t, s.bus, "unknown_customer", bert, "12608") == 1 })
}

func (s *story) identityTells(t *testing.T) {
	for range 2 {
		s.tells(t, "identity.v1.UserRegistered", "born", time.Now(), data{"userId": ada, "email": adaMail, "emailVerified": true,
			"name": data{"given": "Adalbertine", "family": adaName}, "phone": "+41446681800"})
	}
	s.ada = customerOf(t, s.Client(t), ada).ID
	at := time.Now().UTC().Truncate(time.Microsecond)
	s.tells(t, "identity.v1.UserAuthenticated", "login", at, data{"userId": ada, "session": "session-zeppelin"})
	s.becomes(t, "the login", s.ada, func(f figures) string { return f.LastActivityAt.String() }, at.String())
}

// Orders come out of order, and one twice: by the same event, and by another.
func (s *story) ordersTell(t *testing.T) {
	late, early := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond), time.Now().Add(-48*time.Hour).UTC().Truncate(time.Microsecond)
	s.tells(t, "orders.v1.OrderCompleted", "o2", late, completed(ada, "ord-7392-quixotic", "12608.45"))
	for range 2 {
		s.tells(t, "orders.v1.OrderCompleted", "o1", early, completed(ada, adaOrder, "17391.55"))
	}
	s.tells(t, "orders.v1.OrderCompleted", "o1 again", early, completed(ada, adaOrder, "17391.55"))
	s.becomes(t, "the orders", s.ada, func(f figures) string {
		return fmt.Sprint(counts(f), ", ", f.FirstPurchaseAt.Format(time.RFC3339Nano), " to ", f.LastPurchaseAt.Format(time.RFC3339Nano))
	}, "3 activities, 2 orders [{EUR 30000.00}], 0 open tickets, "+early.Format(time.RFC3339Nano)+" to "+late.Format(time.RFC3339Nano))
}

func (s *story) supportTells(t *testing.T) {
	ticket := data{"userId": ada, "ticketId": "tic-4711-quixotic", "subject": "Where is my zeppelin"}
	s.tells(t, "support.v1.SupportTicketCreated", "t1", time.Now(), ticket)
	s.becomes(t, "the ticket", s.ada, counts, "4 activities, 2 orders [{EUR 30000.00}], 1 open tickets")
	ticket["resolution"] = resolved
	for _, id := range []string{"t2", "t2", "t3"} {
		s.tells(t, "support.v1.SupportTicketResolved", id, time.Now(), ticket)
	}
	s.becomes(t, "the end of the ticket", s.ada, counts, "5 activities, 2 orders [{EUR 30000.00}], 0 open tickets")
}

// A service that may publish on its own subjects deletes nobody, and on a
// broker that tells users apart it cannot even say so.
func (s *story) nobodySpeaksForAnother(t *testing.T) {
	s.tells(t, "activities.v1.loyalty.UserDeleted", "forged", time.Now(), data{"userId": ada})
	await(t, "the forgery to be put aside", func() bool { return lettersWith(t, s.bus, "malformed", ada) == 1 })
	if !s.apart {
		if conn, err := nats.Connect(s.url("anybody"), nats.Token("not "+busSecret)); err == nil {
			conn.Close()
			t.Error("whoever has another token is let in")
		}
		return
	}
	for who, subject := range map[string]string{"orders": "identity.v1.UserDeleted", "marketing": "customers.v1.CustomerArchived", "cart": "$JS.API.STREAM.PURGE.customers"} {
		conn, _ := s.on(t, who)
		refused := make(chan error, 1)
		conn.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })
		if err := conn.Publish(subject, told(subject, "forged", time.Now(), data{"userId": ada})); err != nil {
			t.Fatal(err)
		}
		if err := <-refused; !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
			t.Errorf("%s on %s: %v", who, subject, err)
		}
	}
}

// theCustomerAppears: what was told of a stranger is applied once he is known.
func (s *story) theCustomerAppears(t *testing.T) {
	s.tells(t, "identity.v1.UserRegistered", "born too", time.Now(), data{"userId": bert, "email": "bertolt@quixotic.example"})
	s.bert = customerOf(t, s.Client(t), bert).ID
	s.becomes(t, "the order that waited", s.bert, counts, "1 activities, 1 orders [{EUR 12608.45}], 0 open tickets")
	await(t, "nothing waits any more", func() bool { return lettersWith(t, s.bus, "unknown_customer") == 0 })
}
