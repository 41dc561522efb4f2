package trust

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/acme/customers/trust/service"
)

// Services that break a promise on purpose: proxies before the real one.

// forward sends a request on and gives the whole answer.
func forward(s *service.Service, client *http.Client, r *http.Request, body []byte) (service.Answer, error) {
	req, err := http.NewRequest(r.Method, s.URL()+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return service.Answer{}, err
	}
	req.Header = r.Header.Clone()
	resp, err := client.Do(req)
	if err != nil {
		return service.Answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return service.Answer{Status: resp.StatusCode, Header: resp.Header, Body: raw}, err
}

func pass(w http.ResponseWriter, a service.Answer) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// proxy runs a handler that stands before the service.
func proxy(t *testing.T, h http.HandlerFunc) func() string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return func() string { return srv.URL }
}

// answersFirst acknowledges every write before it hands it on; at most 256 are
// on their way.
func answersFirst(t *testing.T, s *service.Service) func() string {
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 16}}
	t.Cleanup(client.CloseIdleConnections)
	underway := make(chan struct{}, 256)
	return proxy(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		underway <- struct{}{}
		go func() {
			defer func() { <-underway }()
			_, _ = forward(s, client, r.Clone(t.Context()), body)
		}()
		w.WriteHeader(http.StatusCreated)
	})
}

// stale answers reads with what it saw up to 50 ms ago.
type stale struct {
	next http.RoundTripper
	mu   sync.Mutex
	kept map[string]*keptAnswer
}

type keptAnswer struct {
	at     time.Time
	status int
	header http.Header
	body   []byte
}

func (s *stale) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return s.next.RoundTrip(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kept[r.URL.Path]
	if k == nil || time.Since(k.at) > 50*time.Millisecond {
		resp, err := s.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		k = &keptAnswer{time.Now(), resp.StatusCode, resp.Header, body}
		s.kept[r.URL.Path] = k
	}
	return &http.Response{StatusCode: k.status, Header: k.header, Body: io.NopCloser(bytes.NewReader(k.body)), Request: r}, nil
}
