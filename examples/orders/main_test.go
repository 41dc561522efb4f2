package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/client"
	"github.com/acme/customers/examples/internal/service"
)

func TestMain(m *testing.M) { os.Exit(service.Main(m)) }

// An order is told twice over each way, and once more over the other: it is
// one purchase all the same. Nothing of the customer is printed.
func TestAnOrderIsOnePurchase(t *testing.T) {
	s := service.Start(t)
	admin := s.Client(t, "admin")
	var registered client.Meta
	ada, err := admin.RegisterCustomer(t.Context(), client.Registration{Email: "ada@example.com", Name: &client.Name{Given: "Ada", Family: "Lovelace"},
		Addresses: []client.NewAddress{{Type: client.AddressTypeShipping, Street: []string{"10 Downing Street"}, City: "London", PostalCode: "SW1A 2AA", Country: "GB"}}}, client.Into(&registered))
	if err != nil {
		t.Fatal(err)
	}
	env := s.Env(t, "context:order", "activities:write")
	var out bytes.Buffer
	for _, o := range []struct{ id, broker string }{{"o-1", ""}, {"o-1", ""}, {"o-1", s.NATS}, {"o-2", s.NATS}, {"o-2", s.NATS}, {"o-2", ""}, {"o-3", s.NATS}} {
		args := []string{"-customer", ada.ID, "-order", o.id, "-amount", "12.50", "-nats", o.broker}
		if err := run(t.Context(), args, env, &out); err != nil {
			t.Fatal(err)
		}
	}
	await(t, admin, ada.ID, registered.Position, 3)
	figures, err := admin.GetActivity(t.Context(), ada.ID)
	if err != nil || figures.Orders != 3 || len(figures.Spent) != 1 || figures.Spent[0].Total != "37.50" {
		t.Errorf("%d orders, spent %v: %v", figures.Orders, figures.Spent, err)
	}
	printed := out.String()
	if want := fmt.Sprintf("order o-1: customer %s, to address ", ada.ID); !strings.HasPrefix(printed, want) || !strings.Contains(printed, "told over the bus") || !strings.Contains(printed, "told over the API") {
		t.Errorf("printed:\n%s", printed)
	}
	for _, personal := range []string{"@", "Ada", "Lovelace", "Downing", "London", "SW1A"} {
		if strings.Contains(printed, personal) {
			t.Errorf("%s is printed:\n%s", personal, printed)
		}
	}
}

// await listens until so many purchases are recorded after a position. What is
// told over the bus is handled in its order, so that nothing else is to come.
func await(t *testing.T, c *client.Client, id string, position int64, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for e, err := range c.StreamTimeline(ctx, id, strconv.FormatInt(position, 10)) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Data.Type == "PurchaseRecorded" {
			if n--; n == 0 {
				return
			}
		}
	}
}

func TestAnOrderThatCannotBeMadeIsNotTold(t *testing.T) {
	s := service.Start(t)
	admin := s.Client(t, "admin")
	bob, err := admin.RegisterCustomer(t.Context(), client.Registration{Email: "bob@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	order := func(id string) []string {
		return []string{"-customer", id, "-order", "o-1", "-amount", "1", "-nats", ""}
	}
	full, less := s.Env(t, "context:order", "activities:write"), s.Env(t, "activities:write")
	for name, c := range map[string]struct {
		args []string
		env  func(string) string
		want string
	}{
		"no address":  {order(bob.ID), full, "order o-1: the customer has no address for shipping"},
		"nobody":      {order("01a20abb-5f0e-7d48-85f6-349c1cffc071"), full, "order o-1: getContext: not_found (404)"},
		"no scope":    {order(bob.ID), less, "order o-1: getContext: forbidden (403)"},
		"no order id": {[]string{"-customer", bob.ID}, full, "-customer, -order and -amount are required"},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), c.args, c.env, &out); err == nil || err.Error() != c.want || out.Len() > 0 {
			t.Errorf("%s: %v, printed %q", name, err, out.String())
		}
	}
	if figures, err := admin.GetActivity(t.Context(), bob.ID); err != nil || figures.Orders != 0 {
		t.Errorf("%d orders: %v", figures.Orders, err)
	}
}
