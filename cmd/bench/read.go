package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/acme/customers/cmd/bench/internal/load"
	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// question is what is asked about one customer of many.
type question struct {
	name, method, path, body string
	aim                      float64
	says                     func(id string, answer []byte) bool
}

var (
	byID    = question{name: "read", method: http.MethodGet, aim: aimRead, says: func(id string, answer []byte) bool { return bytes.Contains(answer, []byte(id)) }}
	contact = question{name: "contact decision", method: http.MethodPost, path: "/contact-decision", body: `{"channel":"email","topic":"newsletter"}`, aim: aimDecide,
		says: func(_ string, answer []byte) bool { return bytes.Contains(answer, []byte(`"decision":"`)) }}
)

// reads compares GET /v1/customers/{id} of evenly random customers with a bare
// handler in a process of its own that gives the same headers and bytes, and
// adds what a caller waits at half of the rate. The recorded access is part of
// the service's side.
func (b *bench) reads(ctx context.Context, s *service) error { return b.ask(ctx, s, &byID) }

// decisions does the same with contact decisions.
func (b *bench) decisions(ctx context.Context, s *service) error { return b.ask(ctx, s, &contact) }

func (b *bench) ask(ctx context.Context, s *service, q *question) error {
	bare, err := b.startBare(ctx, s, q)
	if err != nil {
		return err
	}
	defer func() { _ = bare.Stop() }()
	for _, connections := range b.cfg.connections {
		say("%s: %s at %d customers over %d connections", s.store, q.name, s.acknowledged, connections)
		c, err := report.Compare(b.cfg.rounds,
			func() (report.Measure, error) { return b.read(ctx, s, q, s.process, b.plan(connections)) },
			func() (report.Measure, error) { return b.read(ctx, s, q, bare, b.plan(connections)) })
		if err != nil {
			return err
		}
		row := report.NewRow(q.name, s.store, s.acknowledged, connections, "net/http, same bytes", q.aim, c)
		half := b.plan(connections)
		half.Rate = report.Typical(c.Service).Rate / 2
		open, err := b.read(ctx, s, q, s.process, half)
		if err != nil {
			return err
		}
		row.Open = &open
		b.report.Add(row)
	}
	return nil
}

// read asks a process about customers in an order that is random and the same
// in every run.
func (b *bench) read(ctx context.Context, s *service, q *question, of *machine.Process, p load.Plan) (report.Measure, error) {
	pick := func(i int) string { return s.ids[mix(uint64(i+s.asked))%uint64(len(s.ids))].String() }
	start, tail := q.method+" /v1/customers/", q.path+" HTTP/1.1\r\nHost: "+of.Host()+"\r\nAuthorization: Bearer "+s.token+"\r\nAccept: application/json\r\n"
	if q.body != "" {
		tail += "Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(q.body)) + "\r\n"
	}
	tail += "\r\n" + q.body
	t := load.Target{Want: 200,
		Dial: func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", of.Host())
		},
		Request: func(i int, buf []byte) []byte {
			buf = append(buf, start...)
			buf = append(buf, pick(i)...)
			return append(buf, tail...)
		},
		Check: func(i int, body []byte) bool { return of != s.process || q.says(pick(i), body) }}
	m, r, err := b.drive(ctx, of.Pid(), t, p)
	s.asked += r.Sent
	return m, err
}

// mix spreads the numbers evenly (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// answer is what the bare handler gives.
type answer struct {
	Header http.Header
	Body   []byte
}

// startBare runs `bench bare` on an answer of the service.
func (b *bench) startBare(ctx context.Context, s *service, q *question) (*machine.Process, error) {
	resp, err := s.client().Do(ctx, q.method, "/v1/customers/"+s.ids[0].String()+q.path, http.Header{"Content-Type": {"application/json"}}, []byte(q.body))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := answer{Header: resp.Header}
	if a.Body, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	a.Header.Del("Date") // net/http sets both
	a.Header.Del("Content-Length")
	text, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return machine.Start(filepath.Join(b.cfg.out, "bare.log"), false, bytes.NewReader(text), self, "bare")
}

// serveBare is `bench bare`: the least that a Go HTTP server does.
func serveBare(ctx context.Context, in io.Reader, out io.Writer) error {
	var a answer
	if err := json.NewDecoder(in).Decode(&a); err != nil {
		return fmt.Errorf("the answer to give: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Bare handler listens on http://%s\n", listener.Addr())
	server := &http.Server{Handler: a}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

func (a answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	_, _ = w.Write(a.Body)
}
