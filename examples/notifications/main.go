// Command notifications is a notification service, as far as it has to do with
// customers: it hears what happened to them, asks whether they may be told, and
// reports what it sent.
//
//	CUSTOMERS_NATS_LISTEN=127.0.0.1:4222 make run   # in another terminal
//	export CUSTOMERS_TOKEN=$(bin/customers token --role service --scope contact:decide --scope contact:report --scope context:notifications)
//	cd examples && go run ./notifications -nats nats://127.0.0.1:4222          # until it is interrupted
//	cd examples && go run ./notifications -campaign spring -topic offers ID…   # once, to many
//
// It has no mail server: what it would send it prints, by the customer's id and
// never by the address.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"

	"github.com/acme/customers/client"
	"github.com/acme/customers/examples/internal/bus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notifications:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("notifications", flag.ContinueOnError)
	url := flags.String("url", cmp.Or(getenv("CUSTOMERS_URL"), "http://127.0.0.1:8080"), "the customer service")
	broker := flags.String("nats", cmp.Or(getenv("NATS_URL"), "nats://127.0.0.1:4222"), "the broker")
	campaign := flags.String("campaign", "", "send a message of this name to the customers that are named, and end")
	topic := flags.String("topic", "newsletter", "what the campaign is about")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, err := client.New(*url, client.StaticToken(getenv("CUSTOMERS_TOKEN")), client.UserAgent("example-notifications"))
	if err != nil {
		return err
	}
	s := &notifier{customers: c, out: out}
	if *campaign != "" {
		return s.campaign(ctx, *campaign, *topic, flags.Args())
	}
	b, err := bus.Open(*broker, getenv("NATS_TOKEN"))
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Consume(ctx, bus.Consumer{Durable: "notifications", Names: heard,
		Failed: func(id string, err error) { s.say("%s: again: %v", id, err) }}, s.notify)
}

// notifier sends messages to customers.
type notifier struct {
	customers *client.Client
	mu        sync.Mutex
	out       io.Writer
}

func (s *notifier) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, format+"\n", args...)
}
