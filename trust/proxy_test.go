package trust

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

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

// answersFirst acknowledges every write before it hands it on.
func answersFirst(t *testing.T, s *service.Service) func() string {
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 16}}
	t.Cleanup(client.CloseIdleConnections)
	return proxy(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		go func() { _, _ = forward(s, client, r.Clone(t.Context()), body) }()
		w.WriteHeader(http.StatusCreated)
	})
}
