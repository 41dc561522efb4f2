package client_test

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"

	"github.com/acme/customers/client"
)

var three = []client.Registration{{Email: "a@example.com"}, {Email: "b@example.com"}, {Email: "c@example.com"}}

func created(n int) string { return fmt.Sprintf(`{"line":%d,"status":201,"id":"c%d"}`+"\n", n, n) }

// collect gives the line numbers, and the error that ended them.
func collect(outcomes iter.Seq2[client.BatchOutcome, error]) (got []int64, last error) {
	for o, err := range outcomes {
		if last = err; err == nil {
			got = append(got, o.Line)
		}
	}
	return got, last
}

func TestABatchGivesEveryOutcomeOnce(t *testing.T) {
	all := created(1) + created(2) + created(3)
	for name, steps := range map[string][]step{
		"at once":                      {lines(all)},
		"unavailable, then not":        {problem(503, "unavailable"), lines(all)},
		"cut between lines":            {cut(lines(created(1))), lines(all)},
		"cut in a line":                {cut(lines(created(1) + `{"line":2,`)), lines(all)},
		"ended early":                  {lines(created(1) + created(2)), lines(all)},
		"ended in a line":              {lines(created(1) + `{"line":2`), lines(all)},
		"in flight":                    {cut(nil), problem(409, "request_in_flight"), lines(all)},
		"progress renews the patience": {cut(nil), cut(nil), cut(nil), cut(nil), lines(created(1)), cut(nil), lines(all)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, steps...)
			got, err := collect(s.BatchRegisterCustomers(t.Context(), client.BatchModeUpsert, three))
			if err != nil || fmt.Sprint(got) != "[1 2 3]" || len(s.got()) != len(steps) {
				t.Fatalf("%v after %d attempts: %v", got, len(s.got()), err)
			}
			for _, a := range s.got() {
				if a.header.Get("Idempotency-Key") != s.got()[0].header.Get("Idempotency-Key") || strings.Count(a.body, "\n") != 3 || a.query != "mode=upsert" {
					t.Error("an attempt is not what the first was")
				}
			}
		})
	}
}

// A service that registers each line once a key: what is sent again after a cut
// does nothing twice. One that knows no keys shows what the key is for.
func TestABatchTakesEffectOnce(t *testing.T) {
	for knowsKeys, want := range map[bool]int{true: 3, false: 6} {
		effects, done := 0, map[string]bool{}
		register := func(w http.ResponseWriter, r *http.Request) {
			if key := r.Header.Get("Idempotency-Key"); !knowsKeys || !done[key] {
				effects += 3
				done[key] = true
			}
			lines(created(1))(w, r)
		}
		s := newScene(t, cut(register), func(w http.ResponseWriter, r *http.Request) { register(w, r); fmt.Fprint(w, created(2)+created(3)) })
		if got, err := collect(s.BatchRegisterCustomers(t.Context(), "", three)); err != nil || len(got) != 3 || effects != want {
			t.Errorf("keys known: %v: %d effects, %d outcomes: %v", knowsKeys, effects, len(got), err)
		}
	}
}

func TestABatchThatMayNotBeSentAgainSaysSo(t *testing.T) {
	acts := []client.ConsentLine{{ID: ada, Purpose: "marketing", Act: client.ConsentLineActGrant}, {ID: ada, Purpose: "analytics", Act: client.ConsentLineActDeny}}
	one := `{"line":1,"status":200}` + "\n"
	for again, want := range map[bool]int{false: 1, true: 2} {
		steps, opts := []step{cut(lines(one))}, []client.CallOption(nil)
		if again {
			steps, opts = append(steps, lines(one+`{"line":2,"status":200}`+"\n")), append(opts, client.SendAgain())
		}
		s, n, last := newScene(t, steps...), 0, error(nil)
		for _, err := range s.BatchRecordConsents(t.Context(), acts, opts...) {
			if last = err; err == nil {
				n++
			}
		}
		if n != want || (last == nil) != again {
			t.Errorf("again: %v: %d outcomes and %v", again, n, last)
		}
	}
}

func TestABatchIsRefused(t *testing.T) {
	all := created(1) + created(2) + created(3)
	for name, c := range map[string]struct {
		step
		code string // "" is ErrContract
	}{
		"by the service":     {problem(403, "forbidden"), "forbidden"},
		"another media":      {ok(`{}`), ""},
		"more than was sent": {lines(all + created(4)), ""},
		"no JSON":            {lines("<p>\n\n\n"), ""},
		"an endless line":    {lines(strings.Repeat("x", 17<<20)), ""},
	} {
		_, err := collect(newScene(t, c.step).BatchRegisterCustomers(t.Context(), "", three))
		if client.Code(err) != c.code || errors.Is(err, client.ErrContract) != (c.code == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := collect(newScene(t).BatchRegisterCustomers(t.Context(), "", nil)); got != nil || err != nil {
		t.Errorf("no lines: %v %v", got, err)
	}
}

// Who has enough does not wait for the rest.
func TestABatchCanBeLeft(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	s := newScene(t, func(w http.ResponseWriter, r *http.Request) {
		lines(created(1))(w, r)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-over:
		}
	})
	for o, err := range s.BatchRegisterCustomers(t.Context(), "", three) {
		if err != nil || o.ID != "c1" {
			t.Fatal(err)
		}
		break
	}
}

// An export has no number of lines that is known before; its trailer tells.
func TestAStreamIsWholeOrFails(t *testing.T) {
	rows := func(trailer string) step {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "Customers-Rows")
			lines(`{"position":1}`+"\n"+`{"position":2}`+"\n")(w, r)
			w.Header().Set("Customers-Rows", trailer)
		}
	}
	for name, c := range map[string]struct {
		steps []step
		want  string
	}{
		"whole":                     {[]step{rows("2")}, "1 2 <nil>"},
		"less than its trailer":     {[]step{rows("3")}, "1 2 exportConsents: the connection failed: the answer ended early"},
		"cut after a line":          {[]step{cut(lines(`{"position":1}` + "\n"))}, "1 exportConsents: the connection failed: unexpected EOF"},
		"cut before the first line": {[]step{cut(nil), rows("2")}, "1 2 <nil>"},
	} {
		got, last := "", error(nil)
		for row, err := range newScene(t, c.steps...).ExportConsents(t.Context(), client.ConsentAudit{}) {
			if last = err; err == nil {
				got += fmt.Sprint(row.Position, " ")
			}
		}
		if got += fmt.Sprint(last); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
