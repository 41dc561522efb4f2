package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/nats"
	"github.com/acme/customers/internal/reactor"
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
	s.inbound = s.broker.Inbound(nats.InboundConfig{Stream: "identity", Subjects: reactor.IdentitySubjects(),
		Receiver: &bus.Receiver{Handle: s.app.Inbound, Dead: s.letters, Logger: s.log}})
	err = errors.Join(s.broker.Check(ctx, published), s.inbound.Check(ctx))
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
