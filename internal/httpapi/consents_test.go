package httpapi

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What another system knew is recorded with its own times, in its order, once.
func TestHistoricalConsentsAreRecordedWithTheirTimes(t *testing.T) {
	s := newScene(t)
	start := time.Now().UTC().Add(-1000 * time.Hour).Truncate(time.Second)
	at := func(hours int) string { return start.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339) }
	var body strings.Builder
	var ids []string
	for i := range 20 {
		id := s.register(t, fmt.Sprintf(`{"email":"p%d@example.test"}`, i)).ID
		ids = append(ids, id)
		for n, act := range []string{"request", "grant", "revoke", "grant", "revoke"} {
			fmt.Fprintf(&body, `{"id":%q,"purpose":"marketing","act":%q,"source":"import","noticeVersion":"2026-01","at":%q}`+"\n", id, act, at(n))
		}
	}
	wrong := []string{
		`{"id":"` + ids[0] + `","purpose":"marketing","act":"grant","source":"import","at":"` + at(9) + `"}`,                            // which notice?
		`{"id":"` + ids[0] + `","purpose":"marketing","act":"deny","source":"import","noticeVersion":"2026-01","at":"` + at(9) + `"}`,   // of what was revoked
		`{"id":"` + ids[0] + `","purpose":"gossip","act":"grant","source":"import","noticeVersion":"2026-01","at":"` + at(9) + `"}`,     // no such purpose
		`{"id":"` + ids[0] + `","purpose":"marketing","act":"forget","source":"import","noticeVersion":"2026-01","at":"` + at(9) + `"}`, // no such act
		`{"id":"0191d2a8-0000-7000-8000-00000000000f","purpose":"marketing","act":"grant","source":"web"}`,                              // nobody
		`{"id":"me","purpose":"marketing","act":"grant"}`,
		`{"id":`,
	}
	send := func(who string) []ConsentOutcome {
		t.Helper()
		w := s.call(who, "POST", "/v1/consents/batch", body.String()+strings.Join(wrong, "\n"), "Content-Type: "+mediaLines)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return linesOf[ConsentOutcome](t, w.Body.Bytes())
	}
	for range 2 { // the second time nothing happens
		got := send("service;scope=consents:write")
		for i, want := range []string{"pending", "granted", "revoked", "granted", "revoked"} {
			for c := range ids {
				if o := got[5*c+i]; o.Status != 200 || o.Consent != want || o.Line != 5*c+i+1 {
					t.Fatalf("%+v, expected %s", o, want)
				}
			}
		}
		for i, want := range []int{422, 409, 404, 422, 404, 422, 400} {
			if o := got[5*len(ids)+i]; o.Status != want {
				t.Errorf("line %d: %+v, expected %d", o.Line, o, want)
			}
		}
	}
	for _, id := range ids {
		url := "/v1/customers/" + id + "/consents"
		acts := read[struct{ Items []ConsentAct }](t, s.call("admin", "GET", url+"/marketing/history", "")).Items
		if len(acts) != 5 || !acts[3].At.Equal(start.Add(3*time.Hour)) || acts[3].Source != "import" {
			t.Errorf("%d acts: %+v", len(acts), acts)
		}
		for hours, want := range map[int]string{0: "pending", 1: "granted", 2: "revoked", 3: "granted", 500: "revoked"} {
			if c := read[consentList](t, s.call("admin", "GET", url+"?at="+at(hours), "")).of("marketing"); c.Status != want {
				t.Errorf("after %d hours: %s, expected %s", hours, c.Status, want)
			}
		}
	}
	for who, want := range map[string]int{"support": 403, "service;scope=consents:read": 403, "admin": 200} {
		if w := s.call(who, "POST", "/v1/consents/batch", body.String(), "Content-Type: "+mediaLines); w.Code != want {
			t.Errorf("%s: %d", who, w.Code)
		}
	}
}
