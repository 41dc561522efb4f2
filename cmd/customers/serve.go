package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"github.com/acme/customers/internal/telemetry"
	"github.com/acme/customers/internal/vault"
)

// garbage lets the heap grow to three times what is alive before it is
// collected, unless GOGC says otherwise: collecting at twice took a tenth of
// the processor's time.
const garbage = 200

type serveCmd struct {
	config
	Pprof string `help:"Loopback address for CPU and memory profiles." hidden:""`
}

// Run serves until a signal, then drains: no new requests, those under way
// end, the relay and the read model stop, stores close.
func (c *serveCmd) Run(ctx context.Context, con console) error {
	if err := c.fill(); err != nil {
		return coded{exitUsage, err}
	}
	log := telemetry.NewLogger(con.err, c.LogLevel)
	slog.SetDefault(log)
	if _, err := vault.Harden(); err != nil {
		log.Warn("core dumps could not be turned off", "error", err)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	s, err := build(ctx, &c.config, log)
	if err != nil {
		return err
	}
	defer s.close()
	log.Info("serving", append([]any{"version", version(), "instance", s.instance, "address", s.server.URL()}, c.attrs()...)...)
	c.welcome(con, s.server.URL())
	if err := profiles(ctx, c.Pprof, con); err != nil {
		return err
	}
	err = s.run(ctx)
	log.Info("stopped", "error", err)
	return err
}

// welcome tells a person what to do next.
func (c *serveCmd) welcome(con console, url string) {
	fmt.Fprintf(con.out, "Customers listens on %s (API documentation: %s/docs)\n", url, url)
	if c.Issuer == "" {
		program := os.Args[0] // as it was called: it need not be in the PATH
		fmt.Fprintf(con.out, "A token:    %s token --data %s --role admin\n", program, c.Data)
		fmt.Fprintf(con.out, "Demo data:  %s demo --data %s --url %s --customers 1000\n", program, c.Data, url)
	}
}

// run runs the long-lived parts. The server ends first; what it still needs
// while it drains is stopped after it.
func (s *service) run(ctx context.Context) error {
	behind, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	g, gctx := errgroup.WithContext(behind)
	parts := map[string]func(context.Context) error{
		"read model": s.model.Run, "relay": s.relay.Run, "inbound": s.takeIn, "parked": s.unpark, "upkeep": s.upkeep,
		"revocations": s.revocations.Run, "addresses": s.askAgain, "consents": s.endConsents, "segments": s.keepSegments,
	}
	if s.cfg.Index == "off" { // what follows from all customers is another instance's to do
		for _, name := range []string{"addresses", "consents", "segments"} {
			delete(parts, name)
		}
	}
	for name, part := range parts {
		g.Go(func() error {
			if err := part(gctx); err != nil && gctx.Err() == nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	serving, cancel := context.WithCancel(ctx)
	defer cancel()
	context.AfterFunc(gctx, cancel) // a part that fails ends the service
	err := s.server.Run(serving)
	stop()
	return errors.Join(err, g.Wait())
}
