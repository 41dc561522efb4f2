package nats

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startServer runs a server in this process.
func startServer(cfg Config, log *slog.Logger) (*server.Server, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("nats: folder: %w", err)
	}
	opts := &server.Options{
		ServerName: "customers-" + cfg.Name, DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: cfg.Dir, SyncAlways: !cfg.async, DisableJetStreamBanner: true,
		JetStreamMaxMemory: 64 << 20, // we make no memory streams
		Authorization:      cfg.Token,
		MaxPayload:         2 << 20, // above bus.MaxInbound, so that an oversized event is refused with a reason
	}
	if len(cfg.Key) > 0 {
		opts.JetStreamKey, opts.JetStreamCipher = hex.EncodeToString(cfg.Key), server.AES
	}
	if err := listen(opts, cfg); err != nil {
		return nil, err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("nats: server: %w", err)
	}
	s.SetLoggerV2(logger{log.With("component", "nats-server")}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(30*time.Second) || s.JetStreamConfig() == nil {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, errors.New("nats: the embedded server did not start; is its folder in use, or its key another?")
	}
	return s, nil
}

// recovered makes sure that the server has every stream that its folder holds.
// One that it cannot read, under another key say, it leaves out with a mere
// warning, and a new stream of that name would take its place.
func (b *Broker) recovered() error {
	dirs, err := os.ReadDir(filepath.Join(b.cfg.Dir, server.JetStreamStoreDir, server.DEFAULT_GLOBAL_ACCOUNT, "streams"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("nats: folder: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	names := b.js.StreamNames(ctx)
	known := map[string]bool{}
	for name := range names.Name() {
		known[name] = true
	}
	if err := names.Err(); err != nil {
		return unavailable(err)
	}
	for _, d := range dirs {
		if d.IsDir() && !known[d.Name()] {
			return fmt.Errorf("nats: the stream %s is on disk but cannot be opened: is the key another?", d.Name())
		}
	}
	return nil
}

func listen(opts *server.Options, cfg Config) error {
	if cfg.Listen == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return errors.New("nats: the listen address is not host:port")
	}
	if ip := net.ParseIP(host); cfg.Token == "" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("nats: a listen address beyond loopback needs a token")
	}
	opts.DontListen, opts.Host = false, host
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return errors.New("nats: the port is not a number")
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if cfg.TLS != nil {
		opts.TLSConfig, opts.TLS, opts.AllowNonTLS = cfg.TLS, true, false
	}
	return nil
}

// Addr is where the embedded server listens, "" when it does not.
func (b *Broker) Addr() string {
	s := b.now()
	if s == nil || s.Addr() == nil {
		return ""
	}
	return s.Addr().String()
}

// logger takes the server's own log. Debug and trace lines, which hold
// payloads, are off and dropped.
type logger struct{ log *slog.Logger }

func (l logger) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l logger) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l logger) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l logger) Fatalf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l logger) Debugf(string, ...any)           {}
func (l logger) Tracef(string, ...any)           {}
