package nats

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/internal/bus"
)

func receiver(h bus.Handle, dead bus.Putter) *bus.Receiver {
	return &bus.Receiver{Handle: h, Dead: dead, Logger: slog.New(slog.DiscardHandler),
		Backoff: []time.Duration{time.Millisecond}}
}

func identity() InboundConfig {
	return InboundConfig{Stream: "identity", Subjects: []string{"identity.v1.UserRegistered", "identity.v1.UserUpdated", "identity.v1.UserDeleted"}}
}

// Each wrong setting, made by somebody else before us, is refused.
func TestAWrongBrokerIsRefused(t *testing.T) {
	type made struct {
		published, queue jetstream.StreamConfig
		consumer         jetstream.ConsumerConfig
	}
	for name, tc := range map[string]struct {
		config  func(*Config)
		change  func(*made)
		setting string
		allowed bool // noted, not refused
	}{
		"as declared (control)":  {allowed: true},
		"periodic sync":          {config: func(c *Config) { c.async = true }, setting: "sync_interval"},
		"no encryption":          {config: func(c *Config) { c.Key = nil }, setting: "encryption at rest"},
		"published in memory":    {change: func(m *made) { m.published.Storage = jetstream.MemoryStorage }, setting: "storage"},
		"published without acks": {change: func(m *made) { m.published.NoAck = true }, setting: "no_ack"},
		"published async": {change: func(m *made) {
			m.published.PersistMode, m.published.AllowAtomicPublish = jetstream.AsyncPersistMode, false
		}, setting: "persist_mode"},
		"published ages out":          {change: func(m *made) { m.published.MaxAge = time.Hour }, setting: "max_age"},
		"published refuses when full": {change: func(m *made) { m.published.Discard = jetstream.DiscardNew }, setting: "discard"},
		"published as a work queue":   {change: func(m *made) { m.published.Retention = jetstream.WorkQueuePolicy }, setting: "retention"},
		"published short window":      {change: func(m *made) { m.published.Duplicates = time.Second }, setting: "duplicate_window"},
		"published other subjects":    {change: func(m *made) { m.published.Subjects = []string{"other.>"} }, setting: "subjects"},
		"published without batches":   {change: func(m *made) { m.published.AllowAtomicPublish = false }, setting: "allow_atomic", allowed: true},
		"queue in memory":             {change: func(m *made) { m.queue.Storage = jetstream.MemoryStorage }, setting: "storage"},
		"queue keeps for ever":        {change: func(m *made) { m.queue.MaxAge = 0 }, setting: "max_age"},
		"queue of whoever listens":    {change: func(m *made) { m.queue.Retention = jetstream.InterestPolicy }, setting: "retention"},
		"queue removes one by one":    {change: func(m *made) { m.queue.Retention = jetstream.WorkQueuePolicy }, setting: "retention", allowed: true},
		"queue short window":          {change: func(m *made) { m.queue.Duplicates = time.Second }, setting: "duplicate_window"},
		"consumer delivers for ever":  {change: func(m *made) { m.consumer.MaxDeliver = -1 }, setting: "max_deliver"},
		"consumer gives up":           {change: func(m *made) { m.consumer.MaxDeliver = 2 }, setting: "max_deliver"},
		"consumer of some":            {change: func(m *made) { m.consumer.FilterSubject = "identity.v1.UserRegistered" }, setting: "filter_subject"},
		"consumer of the last":        {change: func(m *made) { m.consumer.DeliverPolicy = jetstream.DeliverLastPolicy }, setting: "deliver_policy"},
		"queue of others":             {change: func(m *made) { m.queue.Metadata = nil }, setting: "metadata acme.owner", allowed: true},
		"queue of fewer subjects":     {change: func(m *made) { m.queue.Subjects = m.queue.Subjects[:1] }, allowed: true}, // it is given the others
		"consumer in memory":          {change: func(m *made) { m.consumer.MemoryStorage = true }, setting: "mem_storage"},
		"consumer without patience":   {change: func(m *made) { m.consumer.AckWait = time.Second }, setting: "ack_wait"},
	} {
		t.Run(name, func(t *testing.T) {
			config := tc.config
			if config == nil {
				config = func(*Config) {}
			}
			b := openAt(t, t.TempDir(), config)
			in := b.Inbound(identity())
			m := made{b.Published(0), in.Declared(), in.consumer()}
			if tc.change != nil {
				tc.change(&m)
			}
			for _, s := range []jetstream.StreamConfig{m.published, m.queue} {
				if _, err := b.js.CreateStream(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := b.js.CreateConsumer(t.Context(), m.queue.Name, m.consumer); err != nil {
				t.Fatal(err)
			}
			err := errors.Join(b.Check(t.Context(), b.Published(0)), in.Check(t.Context()))
			if errors.Is(err, ErrMisconfigured) == tc.allowed || tc.allowed && err != nil {
				t.Errorf("%v", err)
			}
			noted := false
			for _, f := range b.Findings() {
				noted = noted || f.Setting == tc.setting
			}
			if noted != (tc.setting != "") {
				t.Errorf("findings %v", b.Findings())
			}
			if tc.change != nil && !tc.allowed && strings.HasPrefix(name, "published") {
				if _, err := b.Publisher(b.Published(0)).Last(t.Context()); !errors.Is(err, ErrMisconfigured) {
					t.Errorf("the relay would start: %v", err)
				}
			}
			b.cfg.Lenient = true
			if err := errors.Join(b.Check(t.Context(), b.Published(0)), in.Check(t.Context())); err != nil {
				t.Errorf("lenient: %v", err)
			}
		})
	}
}

func TestAnExternalBrokersSyncPolicyIsNotClaimed(t *testing.T) {
	server := openAt(t, t.TempDir(), func(c *Config) { c.Listen = "127.0.0.1:0" })
	b, err := Open(Config{URL: "nats://" + server.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Check(t.Context(), b.Published(0)); err != nil {
		t.Fatal(err)
	}
	var settings []string
	for _, f := range b.Findings() {
		settings = append(settings, f.Setting)
	}
	if got := strings.Join(settings, ", "); got != "sync_interval, encryption at rest" {
		t.Errorf("findings: %s", got)
	}
}
