package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// server is net/http over in-memory pipes, so that it runs in a synctest
// bubble, where time is exact.
type server struct {
	conns chan net.Conn
	http  http.Server
	dials atomic.Int64
}

func serve(t *testing.T, h http.HandlerFunc) *server {
	s := &server{conns: make(chan net.Conn), http: http.Server{Handler: h}}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.http.Serve(s) }()
	t.Cleanup(func() { _ = s.http.Close(); <-done })
	return s
}

func (s *server) Accept() (net.Conn, error) {
	if c, ok := <-s.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (s *server) Close() error   { close(s.conns); return nil }
func (s *server) Addr() net.Addr { return &net.IPAddr{} }

func (s *server) dial(context.Context) (net.Conn, error) {
	s.dials.Add(1)
	ours, theirs := net.Pipe()
	s.conns <- theirs
	return ours, nil
}

func get(i int, buf []byte) []byte {
	return fmt.Appendf(buf, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i)
}

// stalls is a server that takes 1 ms, but for one request, which holds up
// everything for a second.
func stalls() http.HandlerFunc {
	var one sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		one.Lock()
		defer one.Unlock()
		if r.URL.Path == "/50" {
			time.Sleep(time.Second)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestOpenLoopSeesTheStallThatClosedLoopHides(t *testing.T) {
	p99 := func(rate float64) (p99 time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, stalls())
			r, err := Run(t.Context(), Target{Dial: s.dial, Request: get, Want: 200}, Plan{Connections: 1, Duration: 5 * time.Second, Rate: rate})
			if err != nil || r.Failed > 0 {
				t.Fatal(err, r.Failed, r.Sample)
			}
			p99 = r.Latency.Quantile(0.99)
		})
		return p99
	}
	if got := p99(100); got < 900*time.Millisecond {
		t.Errorf("open loop: p99 %v, though a fifth of the requests were due during a stall of 1 s", got)
	}
	if got := p99(0); got > 10*time.Millisecond { // the control: this is the mistake that open loop avoids
		t.Errorf("closed loop: p99 %v", got)
	}
}

func TestAClosedLoopCountsWhatItsTimeHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, func(http.ResponseWriter, *http.Request) { time.Sleep(10 * time.Millisecond) })
		r, err := Run(t.Context(), Target{Dial: s.dial, Request: get, Want: 200},
			Plan{Connections: 4, WarmUp: time.Second, Duration: 2 * time.Second})
		if err != nil || r.Done != 800 || r.Rate() != 400 || r.All < 1200 {
			t.Fatalf("%d done of %d, %v/s, %v: 4 connections at 100/s each for 1 s and 2 s", r.Done, r.All, r.Rate(), err)
		}
		if got := r.Latency.Quantile(0.5); got != 10*time.Millisecond {
			t.Errorf("p50 %v", got)
		}
		if s.dials.Load() != 4 {
			t.Errorf("%d connections made, asked for 4 that are kept", s.dials.Load())
		}
	})
}

func TestACountIsExact(t *testing.T) {
	var used sync.Map
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { used.Store(r.URL.Path, true) })
	r, err := Run(t.Context(), Target{Dial: s.dial, Request: get, Want: 200}, Plan{Connections: 7, Count: 1000})
	if err != nil || r.Done != 1000 || r.Elapsed <= 0 {
		t.Fatal(r.Done, r.Elapsed, err)
	}
	for i := range 1000 {
		if _, ok := used.Load("/" + strconv.Itoa(i)); !ok {
			t.Fatalf("request %d was not sent", i)
		}
	}
}

func TestAFailureIsNeverCountedAsDone(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		defer func() { _, _ = io.WriteString(w, r.URL.Path) }()
		switch {
		case strings.HasSuffix(r.URL.Path, "5"):
			r.URL.Path = "/0" // the answer to another request
		case strings.HasSuffix(r.URL.Path, "3"):
			http.Error(w, "no", http.StatusServiceUnavailable)
		case strings.HasSuffix(r.URL.Path, "7"):
			panic(http.ErrAbortHandler) // breaks the connection
		}
	})
	check := func(i int, body []byte) bool { return string(body) == "/"+strconv.Itoa(i) }
	r, err := Run(t.Context(), Target{Dial: s.dial, Request: get, Want: 200, Check: check}, Plan{Connections: 3, Count: 100})
	if err != nil || r.Done != 70 || r.Failed != 30 || r.Sample == "" {
		t.Fatalf("%d done, %d failed, sample %q, %v", r.Done, r.Failed, r.Sample, err)
	}
}

func TestABrokenServerEndsTheRun(t *testing.T) {
	dial := func(context.Context) (net.Conn, error) { return nil, errors.New("refused") }
	if _, err := Run(t.Context(), Target{Dial: dial, Request: get, Want: 200}, Plan{Connections: 2, Count: 1e6}); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), Target{Dial: dial}, Plan{Connections: 2}); !errors.Is(err, errBounds) {
		t.Fatal("a run without an end:", err)
	}
}

func TestBodiesAreReadWhole(t *testing.T) {
	body := strings.Repeat("0123456789", 5000)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/0": // chunked
			_, _ = io.WriteString(w, body[:20_000])
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, body[20_000:])
		case "/1":
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = io.WriteString(w, body)
		case "/2":
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, "bye")
		case "/3":
			w.WriteHeader(http.StatusNoContent)
		}
	})
	c := conn{dial: s.dial}
	defer c.close()
	for i, want := range []string{body, body, "bye", "", ""} {
		_, got, err := c.roundTrip(t.Context(), get(i, nil))
		if err != nil || string(got) != want {
			t.Fatalf("answer %d: %d bytes of %d, %v", i, len(got), len(want), err)
		}
	}
	if s.dials.Load() != 2 {
		t.Errorf("%d connections: the server closed one", s.dials.Load())
	}
}

func TestACutAnswerIsAnError(t *testing.T) {
	for _, answer := range []string{
		"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234", "HTTP/1.1 200 OK\r\n\r\nno length",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"HTTP/1.1 abc\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
	} {
		c := conn{dial: func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				_, _ = theirs.Read(make([]byte, 1024))
				_, _ = io.WriteString(theirs, answer)
				_ = theirs.Close()
			}()
			return ours, nil
		}}
		if _, _, err := c.roundTrip(t.Context(), get(0, nil)); err == nil {
			t.Errorf("%q was taken for an answer", answer)
		}
	}
}
