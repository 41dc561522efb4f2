// Package nats is the bus on NATS JetStream: embedded in this process with its
// files in the data folder, or a server or cluster elsewhere.
//
// JetStream acknowledges before it syncs unless it is told otherwise. The
// embedded server is told (sync_interval: always); of another server this
// program cannot read it, and Check says so.
package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/internal/fault"
)

// Config describes the connection. Dir (embedded) or URL is required.
type Config struct {
	Name string // of this instance, shown to the server's operator

	// Dir holds the embedded server's files. Key encrypts them (AES-256-GCM):
	// an inbound message waits in them with its personal data. Losing the key
	// loses what waits there; the published stream is made again.
	Dir string
	Key []byte
	// Listen, "host:port", lets others connect to the embedded server; "" keeps
	// it inside this process. Beyond loopback Token is required.
	Listen string

	URL         string      // of an external server; excludes Dir
	Credentials string      // path of a NATS credentials file
	TLS         *tls.Config // for the external server, or for Listen

	Token    string // of either
	Replicas int    // of streams that are made; 0 is 1
	// Lenient goes on, loudly, where a stream or server is not as declared,
	// instead of refusing.
	Lenient bool
	Logger  *slog.Logger

	async bool // for a test: leave the embedded server's sync policy at its default
}

// Broker is a connection, and the server behind it when that is embedded.
type Broker struct {
	cfg Config
	log *slog.Logger
	embedded
	conn *nats.Conn
	js   jetstream.JetStream

	mu       sync.Mutex
	findings map[string][]Finding // by object
}

// Open starts the embedded server, or begins to connect to the external one:
// that it is down is no error, Ping and Check tell. The connection comes back
// by itself, for ever; what is published meanwhile fails at once rather than
// wait in a buffer.
func Open(cfg Config) (*Broker, error) {
	if (cfg.Dir == "") == (cfg.URL == "") {
		return nil, errors.New("nats: give either a folder or a URL")
	}
	b := &Broker{cfg: cfg, log: cfg.Logger, findings: map[string][]Finding{}}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	opts := b.options()
	if cfg.Dir != "" {
		var err error
		if b.server, err = startServer(cfg, b.log); err != nil {
			return nil, err
		}
		opts = append(opts, nats.InProcessServer(&b.embedded))
	}
	if err := b.connect(opts); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Broker) connect(opts []nats.Option) (err error) {
	if b.conn, err = nats.Connect(b.cfg.URL, opts...); err != nil {
		return fmt.Errorf("nats: connect: %w", err)
	}
	if b.js, err = jetstream.New(b.conn, jetstream.WithDefaultTimeout(10*time.Second)); err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	if b.server != nil {
		return b.recovered()
	}
	return nil
}

func (b *Broker) options() []nats.Option {
	opts := []nats.Option{
		nats.Name("customers " + b.cfg.Name),
		nats.MaxReconnects(-1), nats.RetryOnFailedConnect(b.cfg.URL != ""), nats.ReconnectWait(time.Second),
		nats.ReconnectBufSize(-1), nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2),
		nats.DrainTimeout(5 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // else it was us
				b.log.Warn("the broker is gone", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.log.Info("the broker is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.log.Warn("the broker connection", "error", err) }),
	}
	if b.cfg.Token != "" {
		opts = append(opts, nats.Token(b.cfg.Token))
	}
	if b.cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(b.cfg.Credentials))
	}
	if b.cfg.TLS != nil && b.cfg.URL != "" {
		opts = append(opts, nats.Secure(b.cfg.TLS))
	}
	return opts
}

// Ping tells whether JetStream answers.
func (b *Broker) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return unavailable(err)
	}
	return nil
}

// Close disconnects, and stops the embedded server, which syncs its files.
func (b *Broker) Close() {
	if b.conn != nil {
		b.conn.Close()
	}
	if s := b.now(); s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
}

// unavailable classifies a client error. JetStream's texts name streams and
// limits, never content.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fault.ErrUnavailable.With(err)
}
