package outbound

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// shown is what the standard logger wrote.
type shown struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{}
}

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		select {
		case s.wrote <- struct{}{}:
		default:
		}
	}()
	return s.text.Write(p)
}

func (s *shown) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), text)
}

// talker answers each request with one byte sequence more than an answer.
func talker(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}Geheimgasse 7")
				_, _ = conn.Read(make([]byte, 1)) // until the other side closes
			}()
		}
	}()
	return l
}

// net/http logs what a server sends after its answer, and some servers repeat
// what they were sent.
func TestNothingOfAnAnswerIsLogged(t *testing.T) {
	out := &shown{wrote: make(chan struct{}, 1)}
	defer log.SetOutput(log.Writer())
	log.SetOutput(out)
	l := talker(t)
	base := "http://" + l.Addr().String()

	c := must(t, base)
	if _, err := c.Post(t.Context(), "", nil, []byte("{}")); err != nil {
		t.Error(err)
	}
	c.Close()
	goleak.VerifyNone(t, goleak.IgnoreTopFunction("internal/poll.runtime_pollWait")) // the client's goroutines have ended
	if out.has("Geheimgasse") {
		t.Error("the log holds a part of an answer")
	}

	tr := &http.Transport{}
	resp, err := (&http.Client{Transport: tr}).Post(base, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	<-out.wrote
	if !out.has("Geheimgasse") {
		t.Error("the control logs nothing")
	}
	tr.CloseIdleConnections()
	_ = l.Close()
}

func TestConnectionsAreUsedAgainWithHTTP2Only(t *testing.T) {
	for h2, want := range map[bool]int32{true: 2, false: 4} { // the first of HTTP/2 is not known to be one
		w := newWorld(t)
		w.server.Close()
		w.server = httptest.NewUnstartedServer(w.server.Config.Handler)
		w.server.EnableHTTP2 = h2
		w.server.StartTLS()
		t.Cleanup(w.server.Close)
		w.name("example.com", "93.184.215.14")
		c := must(t, "https://example.com")
		c.resolve, c.dial = w.resolve, w.dial
		c.http.Transport.(*http.Transport).TLSClientConfig = w.roots()
		for range 4 {
			if _, err := c.Post(t.Context(), "", nil, []byte("{}")); err != nil {
				t.Error(err)
			}
		}
		if got := w.reached.Load(); got != want || c.h2.Load() != h2 {
			t.Errorf("HTTP/2 %t: %d connections", h2, got)
		}
		c.Close()
	}
}
