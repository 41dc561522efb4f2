// Command marketing is a marketing service, as far as it has to do with
// customers: it follows their events and knows who has agreed to marketing. It
// keeps ids and counts, and calls nobody.
//
//	CUSTOMERS_NATS_LISTEN=127.0.0.1:4222 make run   # in another terminal
//	cd examples && go run ./marketing -nats nats://127.0.0.1:4222 -file audience.json
//
// Killed and started again it goes on where it was, and counts no event twice:
// the broker knows what was acknowledged, and the file what was counted.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/acme/customers/examples/internal/bus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "marketing:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("marketing", flag.ContinueOnError)
	broker := flags.String("nats", cmp.Or(getenv("NATS_URL"), "nats://127.0.0.1:4222"), "the broker")
	durable := flags.String("durable", "marketing", "the name under which the broker remembers where we are")
	file := flags.String("file", "audience.json", "what is kept")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := load(*file)
	if err != nil {
		return err
	}
	b, err := bus.Open(*broker, getenv("NATS_TOKEN"))
	if err != nil {
		return err
	}
	defer b.Close()
	failed := func(id string, err error) { fmt.Fprintf(out, "%s: again: %v\n", id, err) }
	return b.Consume(ctx, bus.Consumer{Durable: *durable, InOrder: true, Failed: failed}, func(_ context.Context, e bus.Event) error {
		counted, err := a.take(e)
		if err != nil {
			return err
		}
		if !counted {
			fmt.Fprintf(out, "%s: known\n", e.Position)
			return nil
		}
		fmt.Fprintf(out, "%s: %s of %s, audience %d\n", e.Position, e.Name(), e.Subject, len(a.Members))
		return nil
	})
}
