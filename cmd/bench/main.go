// Command bench measures the service against the bare thing that each path
// stands on: registrations against single-row inserts of pgbench on the same
// PostgreSQL, reads by id against an HTTP handler that returns the same bytes.
// Both sides are measured in turns within one run, because the ratio is what
// says something about the service; the rates say as much about the machine.
//
// It starts everything itself and leaves only its reports: bench.json and
// bench.txt, CPU profiles and the logs of what it started.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var err error
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		err = serveBare(ctx, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// config is what the flags say.
type config struct {
	binary      string
	out         string
	stores      []string
	customers   []int
	connections []int
	rounds      int
	round       time.Duration // of one side
	warmUp      time.Duration
	profile     time.Duration
	imported    int
	addresses   bool
	activity    bool
	searching   bool
	search      searchConfig
}

func (c config) settings() map[string]string {
	return map[string]string{"stores": strings.Join(c.stores, ","), "customers": fmt.Sprint(c.customers),
		"connections": fmt.Sprint(c.connections), "rounds": strconv.Itoa(c.rounds), "round": c.round.String(), "warmUp": c.warmUp.String(),
		"import": strconv.Itoa(c.imported), "sizes": fmt.Sprint(c.search.sizes), "ready": fmt.Sprint(c.search.ready),
		"queries": strconv.Itoa(c.search.queries), "budget": c.search.budget.String(), "events": c.search.events.String()}
}

func parse(args []string) (config, error) {
	var c config
	var stores, customers, connections string
	var quick bool
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&c.binary, "binary", "bin/customers", "the service's `program`")
	f.StringVar(&c.out, "out", "bin/bench.out", "`folder` of the reports")
	f.StringVar(&stores, "stores", "sqlite,postgres", "stores to measure")
	f.StringVar(&customers, "customers", "10000,1000000", "numbers of customers to measure at, ascending")
	f.StringVar(&connections, "connections", "64,256", "numbers of connections to measure over")
	f.IntVar(&c.rounds, "rounds", 5, "rounds of each comparison")
	f.DurationVar(&c.round, "round", 4*time.Second, "time of one side in a round")
	f.DurationVar(&c.warmUp, "warm-up", time.Second, "time before each measurement that does not count")
	f.DurationVar(&c.profile, "profile", 10*time.Second, "time of each CPU profile; 0 takes none")
	f.IntVar(&c.imported, "import", 200_000, "rows of the CSV import")
	f.BoolVar(&c.addresses, "addresses", false, "measure addresses instead, about three minutes: what a provider that is unwell does to registrations")
	f.BoolVar(&c.activity, "activity", false, "measure activities, contexts, listeners and what the access log costs instead, about four minutes")
	f.BoolVar(&c.searching, "search", false, "measure search and segments instead, about six minutes: the roster against PostgreSQL with pg_trgm, rules over everybody, and how late memberships are")
	lists := c.search.define(f)
	f.BoolVar(&quick, "quick", false, "a smoke run of about a minute; its numbers mean little")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if quick {
		customers, connections = "1000,5000", "64"
		c.rounds, c.round, c.warmUp, c.profile, c.imported = 2, time.Second, 200*time.Millisecond, 2*time.Second, 5000
	}
	if quick && c.searching {
		c.profile = 0
	}
	if c.addresses {
		c.rounds, c.round = 2, 4*c.round // of each mood: finding out must be less than one in a hundred
	}
	c.stores = strings.Split(stores, ",")
	var err1, err2 error
	c.customers, err1 = numbers(customers)
	c.connections, err2 = numbers(connections)
	return c, errors.Join(err1, err2, c.search.read(lists, quick), c.check())
}

func numbers(list string) (out []int, err error) {
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a list of numbers", list)
		}
		out = append(out, n)
	}
	return out, nil
}

func (c config) check() error {
	for _, s := range c.stores {
		if s != sqlite && s != postgres {
			return fmt.Errorf("%q is no store; there are %s and %s", s, sqlite, postgres)
		}
	}
	if c.rounds < 1 || c.round <= 0 || c.warmUp < 0 || c.imported < 0 {
		return errors.New("rounds and times must be positive")
	}
	return c.search.check()
}

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.binary, err = filepath.Abs(c.binary); err != nil {
		return err
	}
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return err
	}
	if c.addresses {
		return runAddresses(ctx, c)
	}
	b, err := open(ctx, c)
	if err != nil {
		return err
	}
	if c.activity {
		return errors.Join(b.measureActivity(ctx), b.write())
	}
	if c.searching {
		return errors.Join(b.measureSearch(ctx), b.write())
	}
	err = b.measure(ctx)
	return errors.Join(err, b.write()) // what was measured before an error is not lost
}
