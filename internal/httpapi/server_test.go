package httpapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serve runs a server until stop is called; done gives what Run returned.
func serve(t *testing.T, cfg ServerConfig, h http.Handler) (s *Server, stop func(), done <-chan error) {
	t.Helper()
	cfg.Address = "127.0.0.1:0"
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s, err := Listen(ctx, cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return s, cancel, ended
}

func TestDrain(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	ready := NewReadiness(nil)
	mux := http.NewServeMux()
	mux.Handle("/readyz", ready)
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release
		if r.Context().Err() != nil {
			t.Error("draining ended a request's context")
		}
		fmt.Fprint(w, "done")
	})
	s, stop, done := serve(t, ServerConfig{Ready: ready}, mux)
	if port := s.Addr().(*net.TCPAddr).Port; port == 0 {
		t.Fatal("the address is not known")
	}
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(s.URL() + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		b := make([]byte, 10)
		n, _ := res.Body.Read(b)
		answer <- string(b[:n])
	}()
	<-entered
	stop()
	for { // new connections are refused while the request is still handled
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			break
		}
		c.Close()
	}
	if status, _ := askReady(ready); status != http.StatusServiceUnavailable {
		t.Errorf("ready while draining: %d", status)
	}
	select {
	case err := <-done:
		t.Fatalf("ended with a request open: %v", err)
	default:
	}
	close(release)
	if got := <-answer; got != "done" {
		t.Errorf("the open request got %q", got)
	}
	if err := <-done; err != nil {
		t.Errorf("drain: %v", err)
	}
}

func TestDrainIsBounded(t *testing.T) {
	entered := make(chan struct{})
	s, stop, done := serve(t, ServerConfig{DrainLimit: time.Millisecond}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done() // ends only when the connection is cut
	}))
	go func() {
		if res, err := http.Get(s.URL()); err == nil {
			res.Body.Close()
		}
	}()
	<-entered
	stop()
	if err := <-done; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a drain that was cut short returned %v", err)
	}
}

func TestATakenPortIsAnErrorAtOnce(t *testing.T) {
	s, _, _ := serve(t, ServerConfig{}, http.NotFoundHandler())
	other, err := Listen(t.Context(), ServerConfig{Address: s.Addr().String(), Log: slog.New(slog.DiscardHandler)}, nil)
	if err == nil {
		other.Close()
		t.Error("two servers on one port")
	}
}

func TestCertificatesAreRenewed(t *testing.T) {
	dir, now := t.TempDir(), &clock{now: time.Unix(1e9, 0)}
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	writePair(t, certFile, keyFile, "one", now.Now())
	log := &syncBuffer{}
	c, err := newCertificate(certFile, keyFile, slog.New(slog.NewTextHandler(log, nil)), now.Now)
	if err != nil {
		t.Fatal(err)
	}
	serving := func() string {
		t.Helper()
		got, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(got.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.Subject.CommonName
	}
	now.pass(certificateCheck)
	writePair(t, certFile, keyFile, "two", now.Now())
	if got := serving(); got != "two" {
		t.Errorf("serving %s after the renewal", got)
	}
	now.pass(certificateCheck)
	if err := os.WriteFile(certFile, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serving(); got != "two" || !strings.Contains(log.String(), "not renewed") {
		t.Errorf("serving %s after half a renewal; log: %s", got, log)
	}
	now.pass(certificateCheck)
	writePair(t, certFile, keyFile, "three", now.Now())
	if got := serving(); got != "three" {
		t.Errorf("serving %s after the whole renewal", got)
	}
}

func TestTLSAndItsProtocols(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	writePair(t, certFile, keyFile, "one", time.Now())
	s, _, _ := serve(t, ServerConfig{CertFile: certFile, KeyFile: keyFile}, newRig(t, nil).handler)
	for _, http2 := range []bool{true, false} {
		client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: http2, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		res, err := client.Get(s.URL() + "/livez")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if (res.ProtoMajor == 2) != http2 || res.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("HTTP/2 %v: %s %v", http2, res.Proto, res.Header)
		}
	}
	if _, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}

func TestNoHTTP2WithoutTLS(t *testing.T) {
	s, _, _ := serve(t, ServerConfig{}, newRig(t, nil).handler)
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &protocols}}
	if res, err := client.Get(s.URL() + "/livez"); err == nil {
		res.Body.Close()
		t.Errorf("h2c is spoken: %s", res.Proto)
	}
}

func TestHalfATLSConfigurationIsRefused(t *testing.T) {
	if _, err := Listen(t.Context(), ServerConfig{Address: "127.0.0.1:0", CertFile: "x"}, nil); err == nil {
		t.Error("a certificate without its key would have been served in clear")
	}
}

func TestTheServersOwnLogHoldsNoAddress(t *testing.T) {
	dir, log := t.TempDir(), &syncBuffer{}
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	writePair(t, certFile, keyFile, "one", time.Now())
	s, stop, done := serve(t, ServerConfig{CertFile: certFile, KeyFile: keyFile, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, http.NotFoundHandler())
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "this is no TLS\n\n")
	_, _ = c.Read(make([]byte, 100)) // until the server has given up
	c.Close()
	stop()
	<-done
	if got := log.String(); !strings.Contains(got, "connection failed") || strings.Contains(got, "127.0.0.1") {
		t.Errorf("log: %s", got)
	}
}

// writePair writes a self-signed certificate and dates its files.
func writePair(t *testing.T, certFile, keyFile, name string, at time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
}
