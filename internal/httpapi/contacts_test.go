package httpapi

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/acme/customers/internal/access"
)

const decider = "service;scope=contact:decide"

// people registers n customers, of whom every second one consents to marketing,
// and every fourth withdraws.
func (s *scene) people(t testing.TB, n int) (ids []string) {
	for i := range n {
		id := s.register(t, fmt.Sprintf(`{"email":"p%d@example.test"}`, i)).ID
		if i%2 == 0 {
			s.call("admin", "POST", "/v1/customers/"+id+"/consents/marketing/grant", `{"source":"web"}`)
		}
		if i%4 == 0 {
			s.call("admin", "POST", "/v1/customers/"+id+"/consents/marketing/revoke", `{"source":"web"}`)
		}
		ids = append(ids, id)
	}
	return ids
}

// Many questions get the answers that each gets alone, and each customer sees
// that somebody asked.
func TestManyAreAskedAboutAtOnce(t *testing.T) {
	s := newScene(t)
	ids := s.people(t, 8)
	var body strings.Builder
	for i, id := range ids {
		fmt.Fprintf(&body, `{"id":%q,"channel":"email","topic":%q}`+"\n", id, []string{"newsletter", "orderUpdates"}[i/4])
	}
	body.WriteString("\n" + `{"id":"0191d2a8-0000-7000-8000-00000000000f","channel":"email","topic":"newsletter"}` + "\n" +
		`{"id":"me","channel":"email","topic":"newsletter"}` + "\n" + `{"id":"` + ids[0] + `","channel":"fax","topic":"newsletter"}` + "\n" + `{"channel":`)
	w := s.call(decider, "POST", "/v1/contact-decisions", body.String(), "Content-Type: "+mediaLines)
	got := linesOf[ContactOutcome](t, w.Body.Bytes())
	if w.Code != 200 || len(got) != len(ids)+4 || strings.Contains(w.Body.String(), "example.test") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	said := map[string]int{}
	for i, id := range ids {
		alone := read[ContactDecision](t, s.call(decider, "POST", "/v1/customers/"+id+"/contact-decision", fmt.Sprintf(`{"channel":"email","topic":%q}`, []string{"newsletter", "orderUpdates"}[i/4])))
		if got[i].Line != i+1 || got[i].Status != 200 || got[i].Decision != alone.Decision || (alone.Decision == "allow") != (len(got[i].Reasons) == 0) {
			t.Errorf("line %d: %+v, alone %+v", i+1, got[i], alone)
		}
		said[alone.Decision]++
		if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); !strings.Contains(w.Body.String(), "batchDecideContact") {
			t.Errorf("nobody can see that somebody asked about customer %d", i)
		}
	}
	if said["allow"] < 2 || said["deny"] < 2 {
		t.Errorf("the questions are too alike: %v", said)
	}
	for i, want := range []int{404, 422, 422, 400} {
		if o := got[len(ids)+i]; o.Status != want || o.Decision != "" {
			t.Errorf("line %d: %+v, expected %d", o.Line, o, want)
		}
	}
}

func TestABatchOfQuestionsIsRefusedWhole(t *testing.T) {
	s := newScene(t)
	line := `{"id":"` + s.people(t, 1)[0] + `","channel":"email","topic":"newsletter"}` + "\n"
	for _, tc := range []struct {
		who, body string
		want      int
	}{
		{"support", line, 403},
		{"service;scope=consents:read", line, 403},
		{decider, strings.Repeat(line, maxBatchLines+1), 413},
		{decider, strings.Repeat(line, maxBatchLines), 200},
		{decider, "", 200},
	} {
		if w := s.call(tc.who, "POST", "/v1/contact-decisions", tc.body, "Content-Type: "+mediaLines); w.Code != tc.want {
			t.Errorf("%s with %d bytes: %d", tc.who, len(tc.body), w.Code)
		}
	}
	s.app.Access.(*access.Log).Close() // a log that cannot write
	if w := s.call(decider, "POST", "/v1/contact-decisions", line, "Content-Type: "+mediaLines); w.Code < 500 || strings.Contains(w.Body.String(), "decision\"") {
		t.Errorf("answered without a record: %d %s", w.Code, w.Body)
	}
}

func BenchmarkContactDecisions(b *testing.B) {
	s := newScene(b)
	ids := s.people(b, 1000)
	var body bytes.Buffer
	for range maxBatchLines / len(ids) {
		for _, id := range ids {
			fmt.Fprintf(&body, `{"id":%q,"channel":"email","topic":"newsletter"}`+"\n", id)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/contact-decisions", bytes.NewReader(body.Bytes()))
		r.Header.Set("Authorization", "Bearer "+decider)
		r.Header.Set("Content-Type", mediaLines)
		w := &nowhere{header: map[string][]string{}, status: 200}
		if s.handler.ServeHTTP(w, r); w.status != 200 {
			b.Fatal(w.status)
		}
	}
	b.ReportMetric(float64(b.N*maxBatchLines)/b.Elapsed().Seconds(), "decisions/s")
}
