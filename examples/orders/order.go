package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/acme/customers/client"
	"github.com/acme/customers/examples/internal/bus"
)

// order is what this service keeps of one: of the customer ids alone. The
// version of an address stays readable, whatever becomes of the address.
type order struct {
	ID, Customer, Address string
	AddressVersion        int64
	Amount, Currency      string
}

type shop struct {
	customers *client.Client
	bus       *bus.Bus // nil: over the API
}

func open(url, token, broker, brokerToken string) (*shop, error) {
	c, err := client.New(url, client.StaticToken(token), client.UserAgent("example-orders"))
	if err != nil || broker == "" {
		return &shop{customers: c}, err
	}
	b, err := bus.Open(broker, brokerToken)
	return &shop{c, b}, err
}

func (s *shop) close() {
	if s.bus != nil {
		s.bus.Close()
	}
}

// place finds where an order goes: to the default address for shipping.
func (s *shop) place(ctx context.Context, o *order) error {
	lean, err := s.customers.GetContext(ctx, o.Customer, client.ContextFormOrder, client.For("order-management"))
	if err != nil {
		return err
	}
	for _, a := range lean.Addresses {
		if a.Type == client.AddressTypeShipping && a.IsDefault {
			o.Address, o.AddressVersion = a.ID, a.Version
			return nil
		}
	}
	return errors.New("the customer has no address for shipping")
}

type total struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// tell says that the order was completed.
func (s *shop) tell(ctx context.Context, o order) (way string, err error) {
	paid := total{o.Amount, o.Currency}
	if s.bus == nil {
		return "the API", s.customers.RecordActivity(ctx, o.Customer, client.Activity{ID: o.ID, Source: "orders", Type: "OrderCompleted",
			Data: map[string]any{"total": paid}})
	}
	data, err := json.Marshal(struct {
		OrderID string `json:"orderId"`
		Total   total  `json:"total"`
	}{o.ID, paid})
	if err != nil {
		return "", err
	}
	return "the bus", s.bus.Publish(ctx, "orders.v1.OrderCompleted", bus.Event{ID: o.ID, Source: "/orders", Type: "acme.orders.OrderCompleted.v1",
		Subject: o.Customer, Time: time.Now().UTC(), Data: data})
}
