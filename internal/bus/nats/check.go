package nats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/internal/fault"
)

// ErrMisconfigured says that the broker would not keep what it acknowledges,
// or would keep it for ever.
var ErrMisconfigured = fault.ErrBroker

// Window is the least time for which a stream must recognise a message id.
const Window = 2 * time.Minute

// Finding is one setting that is not as declared.
type Finding struct {
	Object  string // "stream customers", "server"
	Setting string
	Want    string
	Got     string
	Fatal   bool // refused, unless Config.Lenient
}

// String is for the log.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s is %s, not %s", f.Object, f.Setting, f.Got, f.Want)
}

type audit struct {
	object string
	found  []Finding
}

// want notes a finding unless ok.
func (a *audit) want(ok bool, setting string, want, got any, fatal bool) {
	if !ok {
		a.found = append(a.found, Finding{a.object, setting, fmt.Sprint(want), fmt.Sprint(got), fatal})
	}
}

// auditStream compares a stream with what was declared. Both kinds must be on
// disk, acknowledge, flush before they do, and know a message id again.
func auditStream(got, want jetstream.StreamConfig) []Finding {
	a := &audit{object: "stream " + want.Name}
	a.want(got.Storage == jetstream.FileStorage, "storage", jetstream.FileStorage, got.Storage, true)
	a.want(!got.NoAck, "no_ack", false, got.NoAck, true)
	a.want(got.PersistMode == jetstream.DefaultPersistMode, "persist_mode", jetstream.DefaultPersistMode, got.PersistMode, true)
	a.want(!got.Sealed, "sealed", false, got.Sealed, true)
	// A queue that removes each message by itself is slower, not weaker.
	a.want(got.Retention == want.Retention, "retention", want.Retention, got.Retention, want.MaxAge == 0 || got.Retention != jetstream.WorkQueuePolicy)
	a.want(got.Duplicates >= want.Duplicates, "duplicate_window", want.Duplicates, got.Duplicates, true)
	a.want(got.Replicas >= want.Replicas, "replicas", want.Replicas, got.Replicas, false)
	a.want(got.Retention != jetstream.LimitsPolicy || want.Metadata == nil || ours(got), "metadata "+ownerKey, owner, "another: what was handled is not removed", false)
	for _, s := range want.Subjects {
		a.want(slices.Contains(got.Subjects, s), "subjects", s, strings.Join(got.Subjects, " "), true)
	}
	if want.MaxAge == 0 { // the published stream: its last message is the relay's memory
		a.want(got.MaxAge == 0, "max_age", 0, got.MaxAge, true)
		a.want(got.Discard == jetstream.DiscardOld, "discard", jetstream.DiscardOld, got.Discard, true)
	} else { // personal data does not wait for ever
		a.want(got.MaxAge > 0 && got.MaxAge <= want.MaxAge, "max_age", want.MaxAge, got.MaxAge, true)
	}
	// Without it batches become single publishes: slower, not weaker.
	a.want(got.AllowAtomicPublish || !want.AllowAtomicPublish, "allow_atomic", true, false, false)
	return a.found
}

func auditConsumer(got, want jetstream.ConsumerConfig) []Finding {
	a := &audit{object: "consumer " + want.Durable}
	a.want(got.AckPolicy == jetstream.AckExplicitPolicy, "ack_policy", jetstream.AckExplicitPolicy, got.AckPolicy, true)
	// What this consumer does not get, or is not given again, is taken for handled.
	a.want(got.MaxDeliver >= 100, "max_deliver", "100 or more", got.MaxDeliver, true)
	a.want(got.DeliverPolicy == jetstream.DeliverAllPolicy, "deliver_policy", jetstream.DeliverAllPolicy, got.DeliverPolicy, true)
	a.want(got.FilterSubject == "" && len(got.FilterSubjects) == 0, "filter_subject", "none", "some", true)
	a.want(got.AckWait >= want.AckWait, "ack_wait", want.AckWait, got.AckWait, true)
	a.want(!got.MemoryStorage, "mem_storage", false, true, true)
	return a.found
}

// auditServer tells what is known of the sync policy and of encryption.
func (b *Broker) auditServer() []Finding {
	a := &audit{object: "server"}
	if b.now() == nil {
		a.want(false, "sync_interval", "always", "not readable from here", false)
		a.want(false, "encryption at rest", "on", "not readable from here", false)
		return a.found
	}
	a.want(b.now().JetStreamConfig().SyncAlways, "sync_interval", "always", "periodic", true)
	a.want(len(b.cfg.Key) > 0, "encryption at rest", "on", "off", true)
	return a.found
}

// judge keeps the findings about an object for Findings, says new ones in the
// log, and refuses with ErrMisconfigured when one is fatal.
func (b *Broker) judge(object string, found []Finding) error {
	b.mu.Lock()
	known := b.findings[object]
	b.findings[object] = found
	b.mu.Unlock()
	var fatal []error
	for _, f := range found {
		if !slices.Contains(known, f) {
			b.log.Warn("the broker is not as declared", "object", f.Object, "setting", f.Setting, "want", f.Want, "got", f.Got, "fatal", f.Fatal)
		}
		if f.Fatal && !b.cfg.Lenient {
			fatal = append(fatal, errors.New(f.String()))
		}
	}
	if len(fatal) > 0 {
		return ErrMisconfigured.With(errors.Join(fatal...))
	}
	return nil
}

// Findings lists what is not as declared, as far as it was looked at.
func (b *Broker) Findings() []Finding {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Finding
	for _, object := range slices.Sorted(maps.Keys(b.findings)) {
		out = append(out, b.findings[object]...)
	}
	return out
}

// Check is the boot check: it makes the streams that are not there and
// compares those that are. It gives ErrMisconfigured when the broker must not
// be used as it is, and fault.ErrUnavailable when it could not look.
func (b *Broker) Check(ctx context.Context, streams ...jetstream.StreamConfig) error {
	err := b.judge("server", b.auditServer())
	for _, want := range streams {
		_, serr := b.stream(ctx, want)
		err = errors.Join(err, serr)
	}
	return err
}

// stream finds or makes a stream and compares it with what was declared.
func (b *Broker) stream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := b.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if s, err = b.js.CreateStream(ctx, want); err == nil {
			b.log.Info("a stream was made", "stream", want.Name)
		}
	}
	if err == nil {
		s, err = b.extend(ctx, s, want)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return s, b.judge("stream "+want.Name, auditStream(s.CachedInfo().Config, want))
}

// extend gives a stream of ours the subjects that a newer program takes.
func (b *Broker) extend(ctx context.Context, s jetstream.Stream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	config := s.CachedInfo().Config
	missing := slices.DeleteFunc(slices.Clone(want.Subjects), func(subject string) bool { return slices.Contains(config.Subjects, subject) })
	if len(missing) == 0 || !ours(config) {
		return s, nil
	}
	config.Subjects = append(slices.Clone(config.Subjects), missing...)
	s, err := b.js.UpdateStream(ctx, config)
	if err == nil {
		b.log.Info("a stream was given more subjects", "stream", want.Name, "subjects", strings.Join(missing, " "))
	}
	return s, err
}
