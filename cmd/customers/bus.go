package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/nats"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/source"
)

// openBroker starts the embedded NATS server or connects to the external one.
func (s *service) openBroker(ctx context.Context) error {
	cfg := nats.Config{Name: s.instance, Token: string(s.cfg.NATSToken), Credentials: s.cfg.NATSCreds,
		Replicas: s.cfg.Replicas, Logger: s.log}
	if s.cfg.NATS == "embedded" {
		if s.cfg.Store.postgres() {
			s.log.Warn("the embedded broker is for one instance: of several on this database only the leader's would be filled; use --nats")
		}
		key, err := s.vault.Service(ctx, "bus")
		if err != nil {
			return err
		}
		cfg.Dir, cfg.Listen = s.cfg.Data+"/nats", s.cfg.NATSListen
		cfg.Key = key.Derive("jetstream", nil)
	} else {
		cfg.URL, cfg.Lenient = s.cfg.NATS, true
	}
	var err error
	if cfg.TLS, err = vouched(s.cfg.NATSCA); err != nil {
		return coded{exitUsage, err}
	}
	if s.broker, err = nats.Open(cfg); err == nil {
		s.onClose(s.broker.Close)
	}
	return err
}

// openBus builds the relay out and the receiver in. A broker that is down does
// not keep the service from serving: /readyz tells.
func (s *service) openBus(ctx context.Context) error {
	encoder, err := bus.NewEncoder(s.app.Streams.Definitions())
	if err != nil {
		return err
	}
	published := s.broker.Published(0)
	s.relay = bus.NewRelay(bus.RelayConfig{Log: s.store, Publisher: s.broker.Publisher(published), Encoder: encoder,
		Instance: s.instance, Logger: s.log, Tracer: s.tel.Tracer})
	s.app.Relay = s.relay
	err = s.broker.Check(ctx, published)
	for _, queue := range []nats.InboundConfig{{Stream: "identity", Subjects: reactor.IdentitySubjects()}, {Stream: "activities", Subjects: reactor.ActivitySubjects()}} {
		queue.Receiver = &bus.Receiver{Handle: s.app.Inbound, Dead: s.letters, Logger: s.log}
		in := s.broker.Inbound(queue)
		s.inbound = append(s.inbound, in)
		err = errors.Join(err, in.Check(ctx))
	}
	if err != nil && !errors.Is(err, nats.ErrMisconfigured) {
		s.log.Warn("the broker could not be checked; it is tried again", "error", err)
		return nil
	}
	return err
}

// vouched trusts the certificates of a file, nil when there is none: then
// those of this machine hold.
func vouched(file string) (*tls.Config, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("--nats-ca holds no certificate")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// takeIn takes the messages of all queues until ctx ends.
func (s *service) takeIn(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, in := range s.inbound {
		g.Go(func() error { return in.Run(ctx) })
	}
	return g.Wait()
}

// parkedLease is how long messages about customers who were not known wait when
// the instance that looks through them dies.
const parkedLease = 30 * time.Second

// unpark applies what was told of customers who were not known yet.
func (s *service) unpark(ctx context.Context) error {
	p := reactor.Parked{Letters: s.letters, Handle: s.app.Inbound, Log: s.log,
		Mine: func(ctx context.Context) (bool, error) { return s.store.Lease(ctx, "parked", s.instance, parkedLease) }}
	return p.Run(ctx)
}

// activitySources are the built-in ones, and those of a file.
func activitySources(path string) (source.Register, error) {
	if path == "" {
		return source.Builtin(), nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	more, err := source.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return source.Builtin().With(more), nil
}
