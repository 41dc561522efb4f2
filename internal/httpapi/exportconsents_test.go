package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
)

func (s *scene) export(t *testing.T, body string) ([]ExportedConsent, *httptest.ResponseRecorder) {
	t.Helper()
	w := s.call("compliance", "POST", exportPath, body)
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", body, w.Code, w.Body)
	}
	return linesOf[ExportedConsent](t, w.Body.Bytes()), w
}

// acts are what the histories of customers say, in the order of the log.
func (s *scene) acts(t *testing.T, ids []string) (out []string) {
	t.Helper()
	for _, id := range ids {
		for _, purpose := range []string{"marketing", "analytics"} {
			w := s.call("admin", "GET", "/v1/customers/"+id+"/consents/"+purpose+"/history", "")
			for _, a := range read[struct{ Items []ConsentAct }](t, w).Items {
				out = append(out, fmt.Sprint(id, purpose, a.Type, a.At, a.RecordedAt, a.NoticeVersion, a.Method, a.Surface, a.Source, a.Actor.Kind, a.Evidence))
			}
		}
	}
	slices.Sort(out)
	return out
}

func told(rows []ExportedConsent) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprint(r.CustomerID, r.Purpose, r.Act, r.At, r.RecordedAt, r.NoticeVersion, r.Method, r.Surface, r.Source, r.Actor, r.Evidence))
	}
	slices.Sort(out)
	return out
}

func TestAnExportHasEveryAct(t *testing.T) {
	s := newScene(t)
	ids := s.people(t, 12)
	past := s.clock.Now().AddDate(-2, 0, 0)
	for i, id := range ids[:4] {
		body := fmt.Sprintf(`{"source":"import","noticeVersion":"2026-01","method":"-cmd","at":%q,"details":{"form":"Ada's words"}}`, past.Add(time.Duration(i)*time.Hour).Format(time.RFC3339Nano))
		if w := s.call("admin", "POST", "/v1/customers/"+id+"/consents/analytics/grant", body); w.Code != 200 {
			t.Fatal(w.Body)
		}
	}
	want := s.acts(t, ids)
	rows, w := s.export(t, `{}`)
	if d := cmp.Diff(want, told(rows)); d != "" || len(rows) < 20 {
		t.Fatalf("%d acts (-histories +export): %s", len(rows), d)
	}
	if !slices.IsSortedFunc(rows, func(a, b ExportedConsent) int { return int(a.Position - b.Position) }) || strings.Contains(w.Body.String(), "Ada") || strings.Contains(w.Body.String(), "example.test") {
		t.Errorf("out of order, or with a name: %s", w.Body)
	}
	sum := sha256.Sum256(w.Body.Bytes())
	trailer := w.Result().Trailer
	if trailer.Get("Customers-Rows") != fmt.Sprint(len(rows)) || trailer.Get("Content-Digest") != "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":" ||
		w.Header().Get("Customers-Through") != fmt.Sprint(rows[len(rows)-1].Position) {
		t.Errorf("the trailers say %v, the headers %v", trailer, w.Header())
	}
	s.csvOf(t, rows)
	middle := rows[len(rows)/2]
	for body, keep := range map[string]func(ExportedConsent) bool{
		`{"purpose":"analytics"}`: func(r ExportedConsent) bool { return r.Purpose == "analytics" },
		fmt.Sprintf(`{"to":%q}`, past.AddDate(1, 0, 0).Format(time.RFC3339)): func(r ExportedConsent) bool { return r.Source == "import" },
		fmt.Sprintf(`{"from":%q,"to":%q}`, past.Add(time.Hour).Format(time.RFC3339Nano), past.Add(3*time.Hour).Format(time.RFC3339Nano)): func(r ExportedConsent) bool {
			return r.At.Equal(past.Add(time.Hour)) || r.At.Equal(past.Add(2*time.Hour))
		},
		fmt.Sprintf(`{"by":"record","to":%q}`, past.AddDate(1, 0, 0).Format(time.RFC3339)):   func(ExportedConsent) bool { return false },
		fmt.Sprintf(`{"by":"record","from":%q}`, middle.RecordedAt.Format(time.RFC3339Nano)): func(r ExportedConsent) bool { return !r.RecordedAt.Before(middle.RecordedAt) },
		fmt.Sprintf(`{"after":%d}`, middle.Position):                                         func(r ExportedConsent) bool { return r.Position > middle.Position },
	} {
		got, _ := s.export(t, body)
		var want []ExportedConsent
		for _, r := range rows {
			if keep(r) {
				want = append(want, r)
			}
		}
		if d := cmp.Diff(told(want), told(got)); d != "" {
			t.Errorf("%s (-want +got): %s", body, d)
		}
	}
}

// csvOf compares the CSV form with the rows.
func (s *scene) csvOf(t *testing.T, rows []ExportedConsent) {
	t.Helper()
	w := s.call("admin", "POST", exportPath, `{"format":"csv"}`)
	table, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(table) != len(rows)+1 || strings.Join(table[0], ",") != strings.Join(columnsOf(new(ExportedConsent)), ",") || w.Header().Get("Content-Type") != mediaCSV {
		t.Fatalf("%v, %d lines, %v", err, len(table), w.Header())
	}
	for i, r := range rows {
		if d := cmp.Diff(r.cells(), table[i+1]); d != "" {
			t.Errorf("line %d: %s", i+2, d)
		}
		for _, cell := range table[i+1] {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("line %d has a formula: %q", i+2, cell)
			}
		}
	}
}

// The proof outlives the customer, and names nobody; those who are there can
// see that they were in an export.
func TestAnExportHasTheErasedAndIsOnRecord(t *testing.T) {
	s := newScene(t)
	ids := s.people(t, 4) // the first and the third consented
	if err := s.app.Store.Fence(t.Context(), uuid.MustParse(ids[0])); err != nil {
		t.Fatal(err)
	}
	rows, _ := s.export(t, `{"purpose":"marketing"}`)
	found := map[string]int{}
	for _, r := range rows {
		found[r.CustomerID]++
	}
	if found[ids[0]] != 3 || found[ids[2]] != 2 || len(found) != 2 {
		t.Errorf("%v", found)
	}
	for i, id := range ids[1:] {
		if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); strings.Contains(w.Body.String(), "exportConsents") != (i == 1) {
			t.Errorf("customer %d: %s", i+1, w.Body)
		}
	}
}

func TestExportsAreRefused(t *testing.T) {
	s := newScene(t)
	s.people(t, 1)
	for _, tc := range []struct {
		who, body string
		want      int
	}{
		{"support", `{}`, 403}, {"marketing", `{}`, 403}, {"customer", `{}`, 403}, {"service;scope=consents:read", `{}`, 403},
		{"compliance", `{"format":"xml"}`, 422}, {"compliance", `{"by":"mood"}`, 422}, {"compliance", `{"purpose":"gossip"}`, 422}, {"compliance", `{"after":-1}`, 422},
		{"compliance", `{"from":"2026-01-02T00:00:00Z","to":"2026-01-02T00:00:00Z"}`, 422}, {"compliance", `{"since":"2026-01-02T00:00:00Z"}`, 422},
		{"compliance", `{"to":"2001-01-01T00:00:00Z"}`, 200},
	} {
		if w := s.call(tc.who, "POST", exportPath, tc.body); w.Code != tc.want {
			t.Errorf("%s %s: %d %s", tc.who, tc.body, w.Code, w.Body)
		}
	}
	s.app.Access.(*access.Log).Close() // what cannot be put on record is cut, and nothing of it was shown
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if v := recover(); v != http.ErrAbortHandler {
				t.Errorf("not cut: %v", v)
			}
		}()
		r := httptest.NewRequest("POST", exportPath, strings.NewReader(`{}`))
		r.Header.Set("Authorization", "Bearer compliance")
		r.Header.Set(purposeHeader, "audit")
		r.Header.Set("Content-Type", mediaJSON)
		s.handler.ServeHTTP(w, r)
	}()
	if w.Body.Len() > 0 {
		t.Errorf("shown without a record: %s", w.Body)
	}
}
