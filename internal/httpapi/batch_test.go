package httpapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// send posts a batch and gives its lines.
func (s *scene) send(t *testing.T, who, mode, body string, headers ...string) []BatchOutcome {
	t.Helper()
	w := s.call(who, "POST", "/v1/customers/batch?mode="+mode, body, append(headers, "Content-Type: "+mediaLines)...)
	if w.Code != 200 || w.Header().Get("Content-Type") != mediaLines {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	return linesOf[BatchOutcome](t, w.Body.Bytes())
}

func linesOf[T any](t *testing.T, raw []byte) (out []T) {
	t.Helper()
	for line := range bytes.Lines(raw) {
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out = append(out, v)
	}
	return out
}

func brief(outcomes []BatchOutcome) (out []string) {
	for _, o := range outcomes {
		code := o.Outcome
		if o.Problem != nil {
			code = o.Problem.Code
		}
		out = append(out, fmt.Sprint(o.Line, " ", o.Status, " ", code))
	}
	return out
}

func TestBatch(t *testing.T) {
	s := newScene(t)
	s.register(t, `{"email":"there@example.test"}`)
	const body = `{"email":"one@example.test"}` + "\n\n" + `{"email":"not an address"}` + "\n" + `{"nick":"x"}` + "\nrubbish\n" +
		`{"email":"there@example.test","tags":["new"]}` + "\n" + `{"email":"two@example.test"}`
	for _, tt := range []struct {
		mode string
		want []string
	}{
		{"validate", []string{"1 200 valid", "2 422 invalid", "3 422 invalid", "4 400 malformed", "5 200 valid", "6 200 valid"}},
		{"register", []string{"1 201 created", "2 422 invalid", "3 422 invalid", "4 400 malformed", "5 409 email_taken", "6 201 created"}},
		{"upsert", []string{"1 200 updated", "2 422 invalid", "3 422 invalid", "4 400 malformed", "5 200 updated", "6 200 updated"}},
	} {
		got := s.send(t, "service;scope=customers:register", tt.mode, body)
		if diff := cmp.Diff(tt.want, brief(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.mode, diff)
		}
		for _, o := range got {
			if o.Status < 300 && tt.mode != "validate" && (o.ID == "" || !strings.HasPrefix(o.Number, "C-")) {
				t.Errorf("%s: who is line %d? %+v", tt.mode, o.Line, o)
			}
		}
	}
	if found := s.call("admin", "POST", "/v1/customers/lookup", `{"email":"there@example.test"}`); !strings.Contains(found.Body.String(), `"tags":["new"]`) {
		t.Errorf("upsert changed nothing: %s", found.Body)
	}
}

func TestABatchSentAgainTakesEffectOnce(t *testing.T) {
	s := newScene(t)
	var body strings.Builder
	for i := range 200 {
		fmt.Fprintf(&body, `{"email":"b%d@example.test"}`+"\n", i)
	}
	first := s.send(t, "admin", "register", body.String(), "Idempotency-Key: batch")
	if diff := cmp.Diff(first, s.send(t, "admin", "register", body.String(), "Idempotency-Key: batch")); diff != "" {
		t.Errorf("sent again (-first +second):\n%s", diff)
	}
	for i, o := range first {
		if o.Line != i+1 || o.Outcome != "created" {
			t.Errorf("%+v", o)
		}
	}
	if again := s.send(t, "admin", "register", body.String()); again[0].Problem == nil { // control: the key did it
		t.Errorf("without the key: %+v", again[0])
	}
}

func TestBatchLimits(t *testing.T) {
	s := newScene(t)
	line := `{"email":"x"}` + "\n"
	got := s.send(t, "admin", "validate", strings.Repeat(line, maxBatchLines+5))
	if last := got[len(got)-1]; len(got) != maxBatchLines+1 || last.Status != 413 || got[maxBatchLines-1].Status != 422 {
		t.Errorf("%d lines, the last %+v", len(got), last)
	}
	got = s.send(t, "admin", "validate", line+`{"email":"`+strings.Repeat("x", 70_000)+`"}`+"\n"+line)
	if diff := cmp.Diff([]string{"1 422 invalid", "2 413 too_large"}, brief(got)); diff != "" {
		t.Errorf("a line over the limit (-want +got):\n%s", diff)
	}
	if got := s.send(t, "admin", "validate", "\n"); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
	for _, tt := range []struct {
		who, mode, media string
		status           int
	}{{"support", "register", mediaLines, 403}, {"admin", "replace", mediaLines, 422}, {"admin", "register", mediaJSON, 415}, {"", "register", mediaLines, 401}} {
		w := s.call(tt.who, "POST", "/v1/customers/batch?mode="+tt.mode, line, "Content-Type: "+tt.media)
		if w.Code != tt.status {
			t.Errorf("%+v: %d %s", tt, w.Code, w.Body)
		}
	}
}

func TestAPanicLosesOneLine(t *testing.T) {
	broken := &service{app: nil, flights: newInFlight(1)} // every use case panics
	slots := make(chan struct{}, 1)
	slots <- struct{}{}
	r := <-broken.handleLine(t.Context(), lineCall(app.Call{Idempotency: &app.Idempotency{Key: "k"}}, 1, [32]byte{}), "register", &Registration{}, slots)
	if fault.KindOf(r.err) != fault.Internal || !strings.Contains(r.err.Error(), "handleLine") {
		t.Errorf("%v", r.err)
	}
	slots <- struct{}{} // the slot was given back
}

func TestDeadLetters(t *testing.T) {
	s := newScene(t)
	good := `{"specversion":"1.0","id":"1","source":"iam","type":"identity.v1.UserDeleted","datacontenttype":"application/json","data":{"userId":"u"}}`
	for i, data := range []string{good, "rubbish \xff"} {
		if err := s.letters.Put(t.Context(), bus.Letter{Subject: "identity.v1.UserDeleted", Code: "malformed", Attempts: i + 1, Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
	}
	type page struct {
		Items []DeadLetter
		Next  string
	}
	first := read[page](t, s.call("admin", "GET", "/v1/dead-letters?limit=1", ""))
	second := read[page](t, s.call("admin", "GET", "/v1/dead-letters?limit=1&after="+first.Next, ""))
	if len(first.Items) != 1 || len(second.Items) != 1 || first.Items[0].ID == second.Items[0].ID || first.Items[0].Data != nil {
		t.Fatalf("%+v %+v", first, second)
	}
	for _, l := range append(first.Items, second.Items...) {
		w := s.call("admin", "GET", "/v1/dead-letters/"+l.ID, "")
		shown := read[DeadLetter](t, w)
		if l.Attempts == 1 {
			if data, ok := shown.Data.(map[string]any); !ok || data["id"] != "1" {
				t.Errorf("%s", w.Body)
			}
			if w := s.call("admin", "POST", "/v1/dead-letters/"+l.ID+"/replay", ""); w.Code != 204 {
				t.Errorf("replay: %d %s", w.Code, w.Body)
			}
			continue
		}
		if raw, err := base64.StdEncoding.DecodeString(shown.Data.(string)); err != nil || string(raw) != "rubbish \xff" {
			t.Errorf("%s", w.Body)
		}
		if w := s.call("admin", "POST", "/v1/dead-letters/"+l.ID+"/replay", ""); w.Code != 400 {
			t.Errorf("replay of rubbish: %d %s", w.Code, w.Body)
		}
	}
	if w := s.call("admin", "GET", "/v1/dead-letters/00", ""); w.Code != 404 {
		t.Errorf("no such letter: %d", w.Code)
	}
}

func TestMaintenanceReports(t *testing.T) {
	s := newScene(t)
	s.register(t, `{"email":"a@example.test"}`)
	for _, path := range []string{verifyPath, rebuildPath} {
		w := s.call("admin", "POST", path, "")
		lines := linesOf[ReportLine](t, w.Body.Bytes())
		if w.Code != 200 || len(lines) < 2 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		last, total := lines[len(lines)-1], lines[len(lines)-2].Progress
		if !last.Done || last.Code != "" || total == nil || total.Streams != 1 || total.Findings != 0 {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}

// A report that breaks off must not look like one that found nothing.
func TestReportsThatFail(t *testing.T) {
	s := newScene(t)
	svc := &service{app: s.app, flights: newInFlight(1)}
	w := httptest.NewRecorder()
	x := &exchange{request: httptest.NewRequest(http.MethodPost, verifyPath, nil), log: slog.New(slog.DiscardHandler)}
	x.writer = &recorder{ResponseWriter: w, x: x}
	x.request.Pattern = verifyPath
	ctx := context.WithValue(t.Context(), exchangeKey{}, x)
	early := func(context.Context, app.Call, journal.Report) (journal.Progress, error) {
		return journal.Progress{}, fault.ErrForbidden
	}
	if _, err := svc.report(ctx, early); !errors.Is(err, fault.ErrForbidden) || w.Body.Len() > 0 {
		t.Errorf("refused before it began: %v, %s", err, w.Body)
	}
	late := func(_ context.Context, _ app.Call, r journal.Report) (journal.Progress, error) {
		r.Finding(journal.Finding{Kind: "gap", Position: 7, Err: journal.ErrGap})
		return journal.Progress{Findings: 1}, fault.ErrUnavailable.With(errors.New("the store went"))
	}
	if _, err := svc.report(ctx, late); err != nil {
		t.Fatal(err)
	}
	lines := linesOf[ReportLine](t, w.Body.Bytes())
	if last := lines[len(lines)-1]; !last.Done || last.Code != "unavailable" || lines[0].Finding.Position != 7 || w.Code != http.StatusOK {
		t.Errorf("%s", w.Body)
	}
}
