package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServerConfig says where to listen. Address and Log are required; the zero
// value of any duration is its default.
type ServerConfig struct {
	Address           string // host:port; port 0 takes a free one
	CertFile, KeyFile string // PEM; both or none. Read again when they change
	Log               *slog.Logger
	Ready             *Readiness // turned to draining before the end; may be nil

	DrainDelay time.Duration // between /readyz turning 503 and refusing connections, for load balancers; 0
	DrainLimit time.Duration // for requests that are being handled to end; 20 s
}

// Server is a listening HTTP server. Use Listen, then Run.
type Server struct {
	cfg      ServerConfig
	listener net.Listener
	secure   bool // http.Server fills its TLSConfig in even without TLS, while serving
	http     *http.Server
}

// Listen opens the socket, so that the address is known and a taken port is an
// error before anything else starts. HTTP/1.1 and, over TLS, HTTP/2; never h2c.
func Listen(ctx context.Context, cfg ServerConfig, h http.Handler) (*Server, error) {
	if cfg.DrainLimit == 0 {
		cfg.DrainLimit = 20 * time.Second
	}
	security, err := serverTLS(cfg)
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, fmt.Errorf("httpapi: listen: %w", err)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &Server{cfg: cfg, listener: l, secure: security != nil, http: &http.Server{
		Handler:           h,
		TLSConfig:         security,
		Protocols:         &protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second, // headers and body; a batch may extend its own
		WriteTimeout:      60 * time.Second, // more than a request's time, so that its refusal arrives
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		// net/http logs remote addresses and panic values, which are personal.
		ErrorLog: log.New(quiet{cfg.Log}, "", 0),
	}}, nil
}

// Addr is where it listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is the base of the API.
func (s *Server) URL() string {
	scheme := "http://"
	if s.secure {
		scheme = "https://"
	}
	return scheme + s.Addr().String()
}

// Run serves until ctx ends, then drains: not ready first, then no new
// connections, then the end of what is being handled, bounded. Requests keep
// their own contexts meanwhile. It returns nil after a complete drain.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.serve() }()
	select {
	case err := <-served:
		return fmt.Errorf("httpapi: serve: %w", err)
	case <-ctx.Done():
	}
	if s.cfg.Ready != nil {
		s.cfg.Ready.Drain()
	}
	wait(s.cfg.DrainDelay, served)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.DrainLimit)
	defer cancel()
	if err := s.http.Shutdown(limit); err != nil {
		_ = s.http.Close() // what still runs is cut; the store keeps its promises without us
		return fmt.Errorf("httpapi: drain: %w", err)
	}
	return nil
}

func (s *Server) serve() error {
	if s.secure {
		return s.http.ServeTLS(s.listener, "", "")
	}
	return s.http.Serve(s.listener)
}

// wait waits, or until the server has failed by itself.
func wait(d time.Duration, failed <-chan error) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-failed:
	}
}

// Close ends a server that was never run.
func (s *Server) Close() error { return errors.Join(s.http.Close(), ignoreClosed(s.listener.Close())) }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// quiet replaces net/http's own log lines by one that says nothing of them.
type quiet struct{ log *slog.Logger }

func (q quiet) Write(line []byte) (int, error) {
	q.log.Debug("connection failed", slog.Int("bytes", len(line)))
	return len(line), nil
}

// serverTLS is nil without a certificate.
func serverTLS(cfg ServerConfig) (*tls.Config, error) {
	if cfg.CertFile == "" && cfg.KeyFile == "" {
		return nil, nil
	}
	if cfg.CertFile == "" || cfg.KeyFile == "" {
		return nil, errors.New("httpapi: a certificate needs its key, and a key its certificate")
	}
	c, err := newCertificate(cfg.CertFile, cfg.KeyFile, cfg.Log, time.Now)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}
