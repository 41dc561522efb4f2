package httpapi

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a TLS certificate that is read again when its files change,
// so that a renewal needs no restart. A pair that does not load is logged and
// the old one kept: half-written files are normal during a renewal.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	clock             func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	stamp   stamp
	checked time.Time
}

// stamp tells two states of the files apart.
type stamp struct {
	cert, key         time.Time
	certSize, keySize int64
}

const certificateCheck = 10 * time.Second

func newCertificate(certFile, keyFile string, log *slog.Logger, clock func() time.Time) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, clock: clock}
	if err := c.load(); err != nil {
		return nil, err
	}
	c.checked = clock()
	return c, nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.clock(); now.Sub(c.checked) >= certificateCheck {
		c.checked = now
		if err := c.load(); err != nil {
			c.log.Warn("the certificate was not renewed", slog.Any("error", err))
		}
	}
	return c.current, nil
}

// load reads the pair if it has changed.
func (c *certificate) load() error {
	now, err := c.stat()
	if err != nil || now == c.stamp {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("httpapi: certificate: %w", err)
	}
	c.current, c.stamp = &pair, now
	return nil
}

func (c *certificate) stat() (stamp, error) {
	cert, err := os.Stat(c.certFile)
	if err != nil {
		return stamp{}, fmt.Errorf("httpapi: certificate: %w", err)
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return stamp{}, fmt.Errorf("httpapi: key: %w", err)
	}
	return stamp{cert.ModTime(), key.ModTime(), cert.Size(), key.Size()}, nil
}
