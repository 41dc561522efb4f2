// Command orders is an order service, as far as it has to do with customers:
// it reads where an order goes, and tells that it was completed.
//
//	CUSTOMERS_NATS_LISTEN=127.0.0.1:4222 make run   # in another terminal
//	export CUSTOMERS_TOKEN=$(bin/customers token --role service --scope context:order --scope activities:write)
//	cd examples && go run ./orders -customer ID -order o-1 -amount 129.90 -currency EUR -nats nats://127.0.0.1:4222
//
// Without -nats it tells the service over the API. Either way an order counts
// once, however often this is run: its id is the order's.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

// run makes one order. What it prints has ids and nothing of the customer.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	var o order
	flags := flag.NewFlagSet("orders", flag.ContinueOnError)
	flags.StringVar(&o.Customer, "customer", "", "the customer's id")
	flags.StringVar(&o.ID, "order", "", "the order's id")
	flags.StringVar(&o.Amount, "amount", "", "the total, a decimal number")
	flags.StringVar(&o.Currency, "currency", "EUR", "ISO 4217")
	url := flags.String("url", cmp.Or(getenv("CUSTOMERS_URL"), "http://127.0.0.1:8080"), "the customer service")
	broker := flags.String("nats", getenv("NATS_URL"), "the broker; the API is told if left out")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.Customer == "" || o.ID == "" || o.Amount == "" {
		return errors.New("-customer, -order and -amount are required")
	}
	s, err := open(*url, getenv("CUSTOMERS_TOKEN"), *broker, getenv("NATS_TOKEN"))
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.place(ctx, &o); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	fmt.Fprintf(out, "order %s: customer %s, to address %s version %d\n", o.ID, o.Customer, o.Address, o.AddressVersion)
	way, err := s.tell(ctx, o)
	if err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	fmt.Fprintf(out, "order %s: told over %s\n", o.ID, way)
	return nil
}
