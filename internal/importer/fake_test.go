package importer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/remote"
)

// service is a customers service in memory, as far as a batch sees it: the
// real rules of a registration, unique identifiers, and lines that are done
// once under an idempotency key.
type service struct {
	*httptest.Server
	forgetful bool // the negative control: idempotency keys are ignored
	doubling  bool // the negative control: adds addresses that are there
	backwards bool // does the lines of a batch from the last to the first
	// before may break the n-th request (from 1), by panicking with
	// http.ErrAbortHandler or by answering; true is "answered".
	before func(n int, w http.ResponseWriter) bool
	// cut breaks the answer after so many lines; -1 is not at all.
	cut func(n int) int
	// damage changes an outcome before it is answered.
	damage func(*remote.Outcome)

	mu       sync.Mutex
	requests int
	people   []customer.Register
	homes    [][]customer.Address      // of people
	holder   map[string]int            // key -> index of people
	answers  map[string]remote.Outcome // idempotency key and line
	applied  []string                  // what was done, in its order: "created <userId>"
}

func newService(tb testing.TB) *service {
	s := &service{holder: map[string]int{}, answers: map[string]remote.Outcome{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.batch))
	tb.Cleanup(s.Close)
	return s
}

func (s *service) batch(w http.ResponseWriter, r *http.Request) {
	if r.Method != "POST" || r.URL.Path != "/v1/customers/batch" || r.Header.Get("Content-Type") != "application/x-ndjson" {
		http.Error(w, "not this way", 404)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, remote.MaxBatch))
	if err != nil || strings.Count(string(body), "\n") > remote.MaxLines {
		http.Error(w, "too large", 413)
		return
	}
	s.mu.Lock()
	s.requests++
	n, before := s.requests, s.before
	s.mu.Unlock()
	if before != nil && before(n, w) {
		return
	}
	outcomes := s.handle(string(body), r.Header.Get("Idempotency-Key"), remote.Mode(r.URL.Query().Get("mode")))
	s.answer(n, w, outcomes)
}

func (s *service) answer(n int, w http.ResponseWriter, outcomes []remote.Outcome) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := bufio.NewWriter(w)
	s.mu.Lock()
	cutAt, cut := s.cut, -1
	s.mu.Unlock()
	if cutAt != nil {
		cut = cutAt(n)
	}
	for i, o := range outcomes {
		if i == cut {
			_, _ = out.WriteString(`{"line":`)
			_ = out.Flush()
			panic(http.ErrAbortHandler)
		}
		raw, _ := json.Marshal(o)
		_, _ = out.Write(append(raw, '\n'))
	}
	_ = out.Flush()
}

func (s *service) handle(body, key string, mode remote.Mode) (outcomes []remote.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Collect(strings.Lines(body))
	outcomes = make([]remote.Outcome, len(all))
	for n := range all {
		i := n
		if s.backwards {
			i = len(all) - 1 - n
		}
		id := fmt.Sprintf("%s/%d", key, i)
		o, replay := s.answers[id]
		if !replay || s.forgetful {
			o = s.one(all[i], mode)
			s.answers[id] = o
		}
		if o.Line = i + 1; s.damage != nil {
			s.damage(&o)
		}
		outcomes[i] = o
	}
	return outcomes
}

func (s *service) one(text string, mode remote.Mode) remote.Outcome {
	in, err := registration(text)
	if err != nil {
		return refusal(fault.ErrMalformed)
	}
	if _, err := in.Decide(new(customer.State)); err != nil {
		return refusal(err)
	}
	if mode == remote.Validate {
		return remote.Outcome{Status: 200, Outcome: "valid"}
	}
	mine := keys(in.Email, in.UserID, in.ExternalIDs)
	for _, key := range mine {
		if i, taken := s.holder[key]; taken {
			if mode != remote.Upsert {
				return refusal(fault.ErrEmailTaken)
			}
			s.people[i] = in
			s.settle(i, in.Addresses)
			s.applied = append(s.applied, "updated "+in.Name.Given)
			return remote.Outcome{Status: 200, Outcome: "updated"}
		}
	}
	for _, key := range mine {
		s.holder[key] = len(s.people)
	}
	s.people, s.homes = append(s.people, in), append(s.homes, nil)
	s.settle(len(s.people)-1, in.Addresses)
	s.applied = append(s.applied, "created "+in.Name.Given)
	return remote.Outcome{Status: 201, Outcome: "created", ID: "id", Number: "C-00000001"}
}

// registration reads a line, and validates its addresses as the service does.
func registration(text string) (customer.Register, error) {
	var in struct {
		customer.Register
		Addresses []customer.Address
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in.Register, err
	}
	in.At = today
	for i, a := range in.Addresses {
		found := address.Offline(a.Address, nil)
		a.ID, a.Address = fmt.Sprint(text, i), found.Address
		a.Validation = customer.Validation{Verdict: found.Verdict, Checks: found.Checks}
		in.Register.Addresses = append(in.Register.Addresses, customer.AddAddress{Address: a})
	}
	return in.Register, nil
}

// settle adds addresses to those of somebody, by the customer's own rule.
func (s *service) settle(i int, add []customer.AddAddress) {
	state := &customer.State{Status: customer.Pending, Addresses: map[string]customer.Address{}}
	for _, a := range s.homes[i] {
		if !s.doubling {
			state.Addresses[a.ID] = a
		}
	}
	events, _ := customer.AddAddresses{Addresses: add, Missing: true}.Decide(state)
	for _, e := range events {
		if added, ok := e.(customer.AddressAdded); ok {
			s.homes[i] = append(s.homes[i], added.Address)
		}
	}
}

// verdicts lists all addresses that were added: "person type verdict".
func (s *service) verdicts() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, addresses := range s.homes {
		for _, a := range addresses {
			out = append(out, fmt.Sprint(i, " ", a.Type, " ", a.Validation.Verdict))
		}
	}
	return out
}

func refusal(err error) remote.Outcome {
	f := fault.From(err)
	status := map[fault.Kind]int{fault.Malformed: 400, fault.Conflict: 409, fault.Invalid: 422}[f.Kind]
	p := &remote.Problem{Status: status, Code: f.Code, Detail: f.Msg}
	for _, at := range f.Fields {
		p.Errors = append(p.Errors, remote.Field{Pointer: at.Pointer, Code: at.Code, Detail: at.Msg})
	}
	return remote.Outcome{Status: status, Problem: p}
}

// client sends to the service without real pauses.
func (s *service) client() *remote.Client {
	return &remote.Client{BaseURL: s.URL, HTTP: s.Server.Client(), Token: func() (string, error) { return "t", nil }, Retry: impatient}
}
