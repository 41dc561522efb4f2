package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/exaring/otelpgx"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/address/guard"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/nats"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/httpapi"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/telemetry"
	"github.com/acme/customers/internal/vault"
)

// service is the program's parts, put together once. Read build top-down: it
// names every dependency.
type service struct {
	cfg         *config
	log         *slog.Logger
	instance    string
	tel         *telemetry.Telemetry
	store       eventstore.Store
	vault       *vault.Vault
	model       *index.Model
	access      *access.Watch
	verifier    *authz.Verifier
	revocations *reactor.Revocations
	letters     *bus.Quarantine
	broker      *nats.Broker
	relay       *bus.Relay
	inbound     []*nats.Inbound
	app         *app.App
	addresses   *address.Validator
	decided     func(*contact.Decision)
	acted       func(string, consent.Status)
	regrouped   func(string, bool)
	validated   func(*customer.Address)
	patient     *address.Validator // nil without a provider
	provider    *guard.Guard       // nil: none is set
	ready       *httpapi.Readiness
	server      *httpapi.Server
	closers     []func() // run in reverse
}

// build opens everything that serve needs. On an error it closes what it
// opened.
func build(ctx context.Context, cfg *config, log *slog.Logger) (_ *service, err error) {
	s := &service{cfg: cfg, log: log, instance: uuid.NewString()}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for _, part := range []struct {
		name string
		open func(context.Context) error
	}{
		{"folders", func(context.Context) error { return folders(cfg) }},
		{"telemetry", s.openTelemetry},
		{"key store", s.openVault},
		{"event store", s.openStore},
		{"stores", s.checkStores},
		{"fences", s.raiseFences},
		{"access log", s.openAccess},
		{"tokens", s.openVerifier},
		{"revocations", s.openRevocations},
		{"broker", s.openBroker},
		{"addresses", s.openAddresses},
		{"contact", s.openContact},
		{"segments", s.openSegments},
		{"use cases", s.openApp},
		{"bus", s.openBus},
		{"metrics", s.openMetrics},
		{"http", s.openHTTP},
	} {
		if err := part.open(ctx); err != nil {
			return nil, coded{startCode(err), fmt.Errorf("%s: %w", part.name, err)}
		}
	}
	return s, nil
}

func (s *service) onClose(f func()) { s.closers = append(s.closers, f) }

func (s *service) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

func (s *service) openTelemetry(ctx context.Context) (err error) {
	s.tel, err = telemetry.Open(ctx, telemetry.Config{Version: version(), Instance: s.instance, OTLP: s.cfg.OTLP})
	if err == nil {
		s.onClose(func() { _ = s.tel.Close(context.WithoutCancel(ctx)) })
	}
	return err
}

func (s *service) openVault(ctx context.Context) (err error) {
	if s.vault, err = openVault(ctx, s.cfg); err == nil {
		s.onClose(func() { _ = s.vault.Close() })
	}
	return err
}

func (s *service) openStore(ctx context.Context) (err error) {
	var tracer pgx.QueryTracer
	if s.cfg.OTLP != "" {
		tracer = otelpgx.NewTracer(otelpgx.WithTracerProvider(s.tel.Tracer), otelpgx.WithTrimSQLInSpanName())
	}
	if s.store, err = openStore(ctx, s.cfg.Store, tracer); err == nil {
		s.onClose(func() { _ = s.store.Close() })
	}
	return err
}

// openVerifier accepts the tokens of the configured issuer, or our own.
func (s *service) openVerifier(ctx context.Context) (err error) {
	accept := authz.Config{Issuer: s.cfg.Issuer, Audience: s.cfg.Audience}
	if s.cfg.Issuer == "" {
		issuer, err := authz.OpenDevIssuer(issuerFolder(s.cfg.Data))
		if err != nil {
			return err
		}
		accept = issuer.Config()
	}
	accept.RolesClaim, accept.CustomerClaim = s.cfg.RolesClaim, s.cfg.CustomerClaim
	accept.Blind = func(subject string) [32]byte { return s.vault.Blind("revocation", subject) }
	s.verifier, err = authz.NewVerifier(ctx, accept)
	return err
}

// openRevocations reads them before anything is served.
func (s *service) openRevocations(ctx context.Context) error {
	s.revocations = reactor.NewRevocations(s.store, s.verifier, s.log, nil)
	return s.revocations.Refresh(ctx)
}

// openApp builds the use cases on everything below them.
func (s *service) openApp(ctx context.Context) error {
	kinds, err := streams.New()
	if err != nil {
		return err
	}
	rules, err := policies(s.cfg.Policies)
	if err != nil {
		return err
	}
	contacts, err := contactRules(s.cfg.ContactRules)
	if err != nil {
		return coded{exitUsage, err}
	}
	receipts, err := receiptSigner(ctx, s.vault)
	if err != nil {
		return err
	}
	links, err := linkSealer(ctx, s.vault)
	if err != nil {
		return err
	}
	notes, err := noteTypes(s.cfg.NoteTypes)
	if err != nil {
		return coded{exitUsage, err}
	}
	sources, err := activitySources(s.cfg.ActivitySources)
	if err != nil {
		return coded{exitUsage, err}
	}
	significant, err := significance(s.cfg.Significance, kinds)
	if err != nil {
		return coded{exitUsage, err}
	}
	log := journal.New(s.store, s.vault)
	s.model = index.New(index.Config{Store: s.store, Vault: s.vault, Journal: log, Streams: kinds, Weights: s.cfg.Weights, Preferred: contacts.Preferences,
		CacheSize: s.cfg.CachedStates, NoteText: s.cfg.NoteMemory << 20, Logger: s.log, Off: s.cfg.Index == "off", Budget: s.cfg.IndexMemory << 20, Collate: s.cfg.Collations})
	letters, err := openDeadLetters(ctx, s.cfg.Store)
	if err != nil {
		return err
	}
	s.onClose(func() { _ = letters.Close() })
	s.letters = bus.NewQuarantine(letters, bus.NewSealer(s.vault), 0, nil)
	s.app = app.New(app.Config{
		Store: s.store, Vault: s.vault, Journal: log, Streams: kinds, Model: s.model, Access: s.access, Letters: s.letters,
		Rules: rules, Weights: s.cfg.Weights, Preferred: contacts.Preferences, Purposes: contacts.Purposes, Decided: s.decided, Acted: s.acted, Regrouped: s.regrouped, Receipts: receipts, Links: links, NoteTypes: notes, Sources: sources, Issuer: s.cfg.Audience, ReadPurposes: s.cfg.ReadPurposes, Unusual: s.cfg.UnusualReads, Significant: significant,
		Addresses: s.addresses, Patient: s.patient, Validated: s.validated, Strict: s.cfg.strict(),
		Policy: customer.Policy{ActivateOnEmail: s.cfg.ActivateOnEmail, CodeLife: s.cfg.CodeLife, CodeAttempts: s.cfg.CodeAttempts,
			CodesPerDay: s.cfg.CodesPerDay, FailuresPerDay: s.cfg.FailuresPerDay},
	})
	s.app.Inbound = reactor.Handle(reactor.HandleIdentity(s.app, s.revocations.Revoke), reactor.HandleActivity(sources, s.app.Told))
	return nil
}

// startCode tells a configuration that cannot work from a dependency that
// does not answer.
func startCode(err error) int {
	var c coded
	if errors.As(err, &c) {
		return c.code
	}
	return exitNotReady
}
