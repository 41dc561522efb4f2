package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/telemetry"
)

// oracle is an address provider of our contract that does what it is told.
type oracle struct {
	t      *testing.T
	addr   string
	mood   atomic.Pointer[http.HandlerFunc]
	asked  atomic.Int64
	served *httptest.Server // nil: connections are refused
	closed chan struct{}
}

// well is what a provider that is well answers.
const well = `{"verdict":"valid","coordinates":{"latitude":46.94,"longitude":7.45,"precision":"rooftop"}}`

func newOracle(t *testing.T) *oracle {
	o := &oracle{t: t, closed: make(chan struct{})}
	o.listen("127.0.0.1:0")
	t.Cleanup(func() { close(o.closed); o.hangUp() })
	return o
}

func (o *oracle) url() string { return "http://" + o.addr + "/check" }

func (o *oracle) listen(addr string) {
	o.t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		o.t.Fatal(err)
	}
	o.addr = l.Addr().String()
	o.served = &httptest.Server{Listener: l, Config: &http.Server{Handler: o}}
	o.served.Start()
}

func (o *oracle) hangUp() {
	if o.served != nil {
		o.served.Close()
		o.served = nil
	}
}

// become changes how it answers from now on; nil is well.
func (o *oracle) become(mood http.HandlerFunc) {
	if o.served == nil {
		o.listen(o.addr)
	}
	if mood == nil {
		mood = func(w http.ResponseWriter, _ *http.Request) { sayJSON(w, well) }
	}
	o.mood.Store(&mood)
}

func (o *oracle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.asked.Add(1)
	body, _ := io.ReadAll(r.Body) // the server notices who leaves only then
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	(*o.mood.Load())(w, r)
}

func sayJSON(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, text)
}

// ills are the ways in which a provider can be unwell. All that can say
// something repeat what they were asked, for that must not end in a log.
func (o *oracle) ills(elsewhere string) map[string]func() {
	repeat := func(status int, head, pad string) func() {
		return func() {
			o.become(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Location", elsewhere)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, head+string(body)+pad)
			})
		}
	}
	return map[string]func(){
		"slow": func() {
			o.become(func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-o.closed:
				}
			})
		},
		"down":     o.hangUp,
		"500":      repeat(500, "", ""),
		"garbage":  repeat(200, `{"verdict":`, ""),
		"huge":     repeat(200, "", strings.Repeat(" ", 2<<20)),
		"redirect": repeat(307, "", ""),
	}
}

// chaos is an instance that serves, in this process and with the production
// wiring, beside an oracle.
type chaos struct {
	*service
	*running
	oracle *oracle
	admin  string
}

func newChaos(t *testing.T, args ...string) *chaos {
	t.Helper()
	c := &chaos{oracle: newOracle(t), running: &running{data: filepath.Join(t.TempDir(), "data"), log: newOutput()}}
	c.oracle.become(nil)
	c.service = assembleLogging(t, telemetry.NewLogger(c.running.log, slog.LevelDebug),
		append([]string{"--data", c.running.data, "--address-provider", c.oracle.url()}, args...)...)
	c.url = c.server.URL()
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = c.service.run(ctx) })
	t.Cleanup(func() { cancel(); serving.Wait(); c.close() })
	c.admin = c.token(t, "--role", "admin")
	<-c.model.Loaded()
	return c
}

// get gives a page as text.
func (c *chaos) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(c.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + "\n" + string(text)
}

// askOnce makes one round of asking again, from the start.
func (c *chaos) askOnce(t *testing.T) {
	t.Helper()
	after := uuid.Nil
	if err := c.askPending(t.Context(), &after); err != nil {
		t.Fatal(err)
	}
}
