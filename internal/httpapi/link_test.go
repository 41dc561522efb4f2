package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
)

const linker = "service;scope=preference-links"

// browse is what a browser or a mail program sends: no token, no JSON.
func (s *scene) browse(method, link, form string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, strings.TrimPrefix(link, "https://prefs.example"), strings.NewReader(form))
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	return w
}

func (s *scene) link(t *testing.T, id, body string) Link {
	t.Helper()
	w := s.call(linker, "POST", "/v1/customers/"+id+"/preference-links", body)
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", body, w.Code, w.Body)
	}
	return read[Link](t, w)
}

// consented registers somebody who gets everything.
func (s *scene) consented(t *testing.T, email string) (id string) {
	t.Helper()
	id = s.register(t, `{"email":"`+email+`","phone":"+41446681800","name":{"family":"Lovelace"}}`).ID
	for _, purpose := range []string{"marketing", "personalization"} {
		s.call("admin", "POST", "/v1/customers/"+id+"/consents/"+purpose+"/grant", `{"source":"web"}`)
	}
	return id
}

// open lists what may be sent.
func (s *scene) open(t *testing.T, id string) (open []string) {
	t.Helper()
	for _, channel := range []string{"email", "sms"} {
		for _, topic := range []string{"newsletter", "offers", "recommendations", "orderUpdates"} {
			d := read[ContactDecision](t, s.call(decider, "POST", "/v1/customers/"+id+"/contact-decision", fmt.Sprintf(`{"channel":%q,"topic":%q}`, channel, topic)))
			if d.Decision == "allow" {
				open = append(open, topic+" by "+channel)
			}
		}
	}
	return open
}

// What a link turns off is off in the next decision, and nothing else is. To
// look at it changes nothing, and neither does a second time.
func TestALinkDoesOneThing(t *testing.T) {
	s := newScene(t)
	for _, tc := range []struct{ wish, off string }{
		{`{"kind":"unsubscribe","channel":"email","topic":"newsletter"}`, "newsletter by email"},
		{`{"kind":"unsubscribe","channel":"email"}`, "(newsletter|offers|recommendations) by email"},
		{`{"kind":"unsubscribe","channel":"sms","purpose":"marketing"}`, "(newsletter|offers) by .*"},
	} {
		id := s.consented(t, strings.ToLower(fmt.Sprintf("a%d@example.test", len(tc.off))))
		l := s.link(t, id, tc.wish)
		before := s.open(t, id)
		for _, method := range []string{"GET", "HEAD", "GET"} {
			if w := s.browse(method, l.URL, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "value=\"unsubscribe\"") {
				t.Errorf("%s: %d %s", method, w.Code, w.Body)
			}
		}
		if now := s.open(t, id); fmt.Sprint(now) != fmt.Sprint(before) || len(before) != 8 {
			t.Fatalf("%s: to look at it changed %s to %s", tc.wish, before, now)
		}
		for range 2 {
			if w := s.browse("POST", l.URL, "List-Unsubscribe=One-Click"); w.Code != 200 || w.Body.Len() > 0 {
				t.Errorf("one click: %d %s", w.Code, w.Body)
			}
		}
		off := regexp.MustCompile("^" + tc.off + "$")
		after := map[string]bool{}
		for _, still := range s.open(t, id) {
			after[still] = true
		}
		for _, what := range before {
			if after[what] == off.MatchString(what) {
				t.Errorf("%s: %s is %v", tc.wish, what, after[what])
			}
		}
		if w := s.browse("GET", l.URL, ""); !strings.Contains(w.Body.String(), "You are unsubscribed") {
			t.Errorf("the page does not know: %s", w.Body)
		}
		w := s.call("support", "GET", "/v1/customers/"+id+"/history", "")
		if tc.off[0] == 'n' && !strings.Contains(w.Body.String(), `"source":"link"`) {
			t.Errorf("the history does not say that it was a link: %s", w.Body)
		}
		if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); !strings.Contains(w.Body.String(), "createPreferenceLink") {
			t.Error("nobody can see who made the link")
		} else if log := read[struct{ Items []AccessEntry }](t, w).Items; !slices.ContainsFunc(log, func(e AccessEntry) bool { return e.Channel == "link" && e.From != "" && e.TraceID != "" }) {
			t.Errorf("what was shown by the link, and where, is not on record: %+v", log)
		}
	}
}

func TestAConsentThatALinkEndsHasItsEvidence(t *testing.T) {
	s := newScene(t)
	id := s.consented(t, "ada@example.test")
	l := s.link(t, id, `{"kind":"unsubscribe","channel":"email","purpose":"marketing"}`)
	s.browse("POST", l.URL, "form=unsubscribe")
	s.browse("POST", l.URL, "form=unsubscribe")
	history := read[struct{ Items []ConsentAct }](t, s.call("admin", "GET", "/v1/customers/"+id+"/consents/marketing/history", "")).Items
	last := history[len(history)-1]
	if len(history) != 3 || last.Type != "ConsentRevoked" || last.Method != "link" || last.Source != "email" || last.Actor.Kind != "customer" {
		t.Errorf("%+v", history)
	}
	s.call("admin", "POST", "/v1/customers/"+id+"/consents/analytics/request", `{"source":"web"}`)
	s.browse("POST", s.link(t, id, `{"kind":"unsubscribe","channel":"email","purpose":"analytics"}`).URL, "form=unsubscribe")
	if w := s.call("admin", "GET", "/v1/customers/"+id+"/consents/analytics/history", ""); !strings.Contains(w.Body.String(), "ConsentDenied") {
		t.Errorf("what was only asked for is not declined: %s", w.Body)
	}
}

// The form of the preferences says for each switch that it shows whether it is
// on, and can name nothing else.
func TestALinkOpensPreferences(t *testing.T) {
	s := newScene(t)
	id := s.consented(t, "ada@example.test")
	l := s.link(t, id, `{"kind":"preferences","channel":"email"}`)
	w := s.browse("GET", l.URL, "")
	for _, secret := range []string{"ada@", "Lovelace", id, "+4144", "orderUpdates"} {
		if strings.Contains(w.Body.String(), secret) || strings.Contains(l.URL, secret) {
			t.Errorf("the page or its address shows %q", secret)
		}
	}
	if l.Headers != nil || w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("headers: %v", w.Header())
	}
	form := url.Values{"form": {"preferences"}}
	for _, m := range regexp.MustCompile(`name="setting" value="([^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		form.Add("setting", m[1])
		form.Set(m[1], "on")
	}
	if len(form["setting"]) != 16 { // four channels, and three topics on each
		t.Fatalf("%d switches: %s", len(form["setting"]), w.Body)
	}
	version := func() string { return s.call("admin", "GET", "/v1/customers/"+id, "").Header().Get("ETag") }
	before := version()
	if w := s.browse("POST", l.URL, form.Encode()); w.Code != 200 || version() != before {
		t.Errorf("saved without a change: %d, version %s after %s", w.Code, version(), before)
	}
	form.Del("communication.sms")
	form.Del("topics.offers.email")
	if w := s.browse("POST", l.URL, form.Encode()); w.Code != 200 || !strings.Contains(w.Body.String(), "saved") || strings.Count(w.Body.String(), " checked") != 14 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := fmt.Sprint(s.open(t, id)); got != "[newsletter by email recommendations by email orderUpdates by email orderUpdates by sms]" {
		t.Errorf("then open: %s", got)
	}
	after := version()
	for _, more := range []string{"privacy.dataSharing", "topics.orderUpdates.email", "topics.gossip.email", "display.theme", "email", ""} {
		if w := s.browse("POST", l.URL, url.Values{"form": {"x"}, "setting": {more}}.Encode()); w.Code != 422 || version() != after {
			t.Errorf("a form with %q: %d", more, w.Code)
		}
	}
	form.Set("communication.sms", "on") // what a person turns on again is on
	s.browse("POST", l.URL, form.Encode())
	if got := len(s.open(t, id)); got != 7 {
		t.Errorf("%d are open", got)
	}
	s.browse("POST", l.URL, form.Encode(), "Sec-GPC: 1")
	if w := s.call("admin", "GET", "/v1/customers/"+id+"/history", ""); !strings.Contains(w.Body.String(), `"source":"gpc"`) {
		t.Error("the signal of the browser is not heard")
	}
}

// A link that is over opens nothing and does nothing.
func TestLinksThatAreOver(t *testing.T) {
	const unsubscribe, preferences = `{"kind":"unsubscribe","channel":"email","topic":"newsletter"}`, `{"kind":"preferences","channel":"email"}`
	for _, tc := range []struct {
		name, wish string
		end        func(s *scene, id string, l *Link)
		want       int
	}{
		{"control", unsubscribe, func(*scene, string, *Link) {}, 200},
		{"control", preferences, func(*scene, string, *Link) {}, 200},
		{"expired", unsubscribe, func(s *scene, _ string, _ *Link) { s.clock.pass(400 * 24 * time.Hour) }, 410},
		{"not yet expired", unsubscribe, func(s *scene, _ string, _ *Link) { s.clock.pass(399 * 24 * time.Hour) }, 200},
		{"expired", preferences, func(s *scene, _ string, _ *Link) { s.clock.pass(30 * 24 * time.Hour) }, 410},
		{"revoked", unsubscribe, func(s *scene, id string, _ *Link) {
			s.clock.pass(time.Second)
			s.call("support", "DELETE", "/v1/customers/"+id+"/preference-links", "")
		}, 410},
		{"revoked in the moment it was made", unsubscribe, func(s *scene, id string, _ *Link) {
			s.call("support", "DELETE", "/v1/customers/"+id+"/preference-links", "")
		}, 410},
		{"revoked by an instance whose clock is behind", unsubscribe, func(s *scene, id string, _ *Link) {
			s.clock.pass(-time.Hour)
			s.call("support", "DELETE", "/v1/customers/"+id+"/preference-links", "")
		}, 410},
		{"the address is another's now", preferences, func(s *scene, id string, _ *Link) {
			s.call("admin", "PATCH", "/v1/customers/"+id+"/contact", `{"email":"new@example.test"}`)
		}, 410},
		{"an unsubscription does no harm there", unsubscribe, func(s *scene, id string, _ *Link) {
			s.call("admin", "PATCH", "/v1/customers/"+id+"/contact", `{"email":"new@example.test"}`)
		}, 200},
		{"archived", unsubscribe, func(s *scene, id string, _ *Link) { s.call("admin", "POST", "/v1/customers/"+id+"/archive", "") }, 200}, // nothing is sent
		{"forged", unsubscribe, func(_ *scene, _ string, l *Link) { l.URL = l.URL[:len(l.URL)-2] + "xx" }, 404},
		{"no token", unsubscribe, func(_ *scene, _ string, l *Link) { l.URL = "https://prefs.example/p/" }, 404},
		{"longer", unsubscribe, func(_ *scene, _ string, l *Link) { l.URL += "/../v1/customers" }, 404},
	} {
		s := newScene(t)
		id := s.consented(t, "ada@example.test")
		l := s.link(t, id, tc.wish)
		tc.end(s, id, &l)
		before := fmt.Sprint(s.open(t, id))
		w := s.browse("POST", l.URL, "form=x")
		if shown := s.browse("GET", l.URL, ""); w.Code != tc.want || shown.Code != tc.want || strings.Contains(w.Body.String(), "example.test") {
			t.Errorf("%s: %d, then %d %s", tc.name, w.Code, shown.Code, w.Body)
		}
		if tc.want >= 400 && fmt.Sprint(s.open(t, id)) != before {
			t.Errorf("%s: it did something", tc.name)
		}
		if strings.Contains(s.log.String(), "/p/") {
			t.Errorf("%s: the log has a link", tc.name)
		}
	}
}

func TestWhatIsPostedToALinkIsChecked(t *testing.T) {
	s := newScene(t)
	id := s.consented(t, "ada@example.test")
	l := s.link(t, id, `{"kind":"unsubscribe","channel":"email","topic":"newsletter"}`)
	if l.Headers.List != "<"+l.URL+">" || l.Headers.ListPost != "List-Unsubscribe=One-Click" || !strings.HasPrefix(l.URL, "https://prefs.example/p/") {
		t.Errorf("%+v", l)
	}
	for _, tc := range []struct {
		method, form string
		want         int
		headers      []string
	}{
		{"POST", "", 400, nil}, {"POST", "x=y", 400, nil}, {"POST", `{"form":1}`, 400, []string{"Content-Type: application/json"}},
		{"POST", "form=" + strings.Repeat("x", maxForm), 400, nil}, {"PUT", "form=x", 405, nil}, {"DELETE", "", 405, nil}, {"OPTIONS", "", 405, nil},
	} {
		if w := s.browse(tc.method, l.URL, tc.form, tc.headers...); w.Code != tc.want {
			t.Errorf("%s with %d bytes: %d %s", tc.method, len(tc.form), w.Code, w.Body)
		}
	}
	if len(s.open(t, id)) != 8 {
		t.Fatal("one of those did something")
	}
	const multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	if w := s.browse("POST", l.URL, multipart, "Content-Type: multipart/form-data; boundary=b"); w.Code != 200 || len(s.open(t, id)) != 7 {
		t.Errorf("RFC 8058 has multipart forms, too: %d %s", w.Code, w.Body)
	}
	for body, code := range map[string]string{
		`{}`: "invalid_kind", `{"kind":"unsubscribe"}`: "invalid_channel", `{"kind":"unsubscribe","channel":"email","topic":"orderUpdates"}`: "mandatory_topic",
		`{"kind":"unsubscribe","channel":"email","topic":"gossip"}`:                       "unknown_topic",
		`{"kind":"unsubscribe","channel":"email","purpose":"gossip"}`:                     "unknown_purpose",
		`{"kind":"preferences","channel":"email","topic":"offers"}`:                       "one_of",
		`{"kind":"unsubscribe","channel":"email","topic":"offers","purpose":"marketing"}`: "one_of",
		`{"kind":"unsubscribe","channel":"email","expiresAt":"2020-01-01T00:00:00Z"}`:     "invalid_expiry",
		`{"kind":"unsubscribe","channel":"email","expiresAt":"2099-01-01T00:00:00Z"}`:     "invalid_expiry",
	} {
		if w := s.call(linker, "POST", "/v1/customers/"+id+"/preference-links", body); w.Code != 422 || !strings.Contains(w.Body.String(), code) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestManyLinksAreMadeAtOnce(t *testing.T) {
	s := newScene(t)
	ids := s.people(t, 3)
	line := `{"id":"` + ids[0] + `","kind":"unsubscribe","channel":"email","topic":"newsletter"}` + "\n"
	body := line + strings.Replace(line, ids[0], ids[1], 1) + strings.Replace(line, ids[0], "me", 1) + strings.Replace(line, "newsletter", "orderUpdates", 1) +
		strings.Replace(line, ids[0], "0191d2a8-0000-7000-8000-00000000000f", 1) + "{\n"
	w := s.call(linker, "POST", linksPath, body, "Content-Type: "+mediaLines)
	got := linesOf[LinkOutcome](t, w.Body.Bytes())
	for i, want := range []int{200, 200, 422, 422, 404, 400} {
		if len(got) != 6 || got[i].Status != want || (want == 200) != (got[i].Link != nil) {
			t.Fatalf("line %d, expected %d: %s", i+1, want, w.Body)
		}
	}
	if w := s.browse("POST", got[1].URL, "form=x"); w.Code != 200 || got[0].URL == got[1].URL {
		t.Errorf("the second link: %d %s", w.Code, w.Body)
	}
	for i, id := range ids {
		if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); strings.Contains(w.Body.String(), "batchCreatePreferenceLinks") != (i < 2) {
			t.Errorf("customer %d: %s", i, w.Body)
		}
	}
	for _, tc := range []struct {
		who, body string
		want      int
	}{{"support", line, 403}, {decider, line, 403}, {linker, strings.Repeat(line, maxBatchLines+1), http.StatusRequestEntityTooLarge}, {linker, "", 200}} {
		if w := s.call(tc.who, "POST", linksPath, tc.body, "Content-Type: "+mediaLines); w.Code != tc.want {
			t.Errorf("%s with %d bytes: %d", tc.who, len(tc.body), w.Code)
		}
	}
	s.app.Access.(*access.Log).Close() // a log that cannot write
	if w := s.call(linker, "POST", linksPath, line, "Content-Type: "+mediaLines); w.Code < 500 {
		t.Errorf("made without a record: %d", w.Code)
	}
	if w := s.browse("GET", got[0].URL, ""); w.Code != 503 && w.Code != 500 || strings.Contains(w.Body.String(), "newsletter") {
		t.Errorf("shown without a record: %d %s", w.Code, w.Body)
	}
}

func TestLinksAreNotOpenedTooOften(t *testing.T) {
	g := Guard{Links: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), Rate: Rate{Links: Bucket{1, 3}}}
	h := g.Handler(http.NewServeMux())
	var got []int
	for range 5 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/p/x", nil))
		got = append(got, w.Code)
	}
	if fmt.Sprint(got) != "[200 200 200 429 429]" {
		t.Errorf("%v", got)
	}
}

// A link lives longer than some rules: what is no longer sent needs no
// unsubscription, and nobody is told that it failed.
func TestLinksWithNothingLeftToTurnOff(t *testing.T) {
	for name, end := range map[string]func(s *scene, id string){
		"the topic is gone": func(s *scene, _ string) {
			s.app.Preferred = &customer.PreferenceRules{Topics: s.app.Preferred.Topics[:2]}
		},
		"the topic is mandatory": func(s *scene, _ string) {
			s.app.Preferred = &customer.PreferenceRules{Topics: []customer.Topic{{Name: "newsletter", Mandatory: true}}}
		},
		"archived": func(s *scene, id string) { s.call("admin", "POST", "/v1/customers/"+id+"/archive", "") },
	} {
		s := newScene(t)
		id := s.consented(t, "ada@example.test")
		l := s.link(t, id, `{"kind":"unsubscribe","channel":"email","topic":"newsletter"}`)
		end(s, id)
		if w := s.browse("GET", l.URL, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "You are unsubscribed") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		for _, form := range []string{"List-Unsubscribe=One-Click", "form=x"} {
			if w := s.browse("POST", l.URL, form); w.Code != 200 {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
	}
}

// What rests on something else than consent has none to withdraw; and without
// an address to begin with no link is made.
func TestLinksThatWouldDoNothingAreNotMade(t *testing.T) {
	s := newScene(t)
	id := s.consented(t, "ada@example.test")
	s.app.Purposes = append(s.app.Purposes, consent.Purpose{Name: "direct", Basis: consent.ByLegitimateInterest})
	if w := s.call(linker, "POST", "/v1/customers/"+id+"/preference-links", `{"kind":"unsubscribe","channel":"email","purpose":"direct"}`); w.Code != 422 || !strings.Contains(w.Body.String(), "not_by_consent") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if l := s.link(t, id, `{"kind":"unsubscribe","channel":"sms"}`); l.Headers != nil {
		t.Errorf("headers of mail for a short message: %+v", l.Headers)
	}
	var err error
	if s.handler, err = New(Config{App: s.app, CursorKey: []byte(strings.Repeat("k", 32)), Guard: Guard{Verifier: anybody{}, Log: slog.New(slog.DiscardHandler)}}); err != nil {
		t.Fatal(err)
	}
	if w := s.call(linker, "POST", "/v1/customers/"+id+"/preference-links", `{"kind":"unsubscribe","channel":"email"}`); w.Code != 503 || !strings.Contains(w.Body.String(), "no_public_url") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Half a form would turn off what it does not name.
func TestHalfAFormChangesNothing(t *testing.T) {
	s := newScene(t)
	id := s.consented(t, "ada@example.test")
	l := s.link(t, id, `{"kind":"preferences","channel":"email"}`)
	if w := s.browse("POST", l.URL, "form=x&setting=communication.sms&communication.sms=%zz"); w.Code != 400 || len(s.open(t, id)) != 8 {
		t.Errorf("%d, open %v", w.Code, s.open(t, id))
	}
}

// A page of one's own is tried before the first customer sees it.
func TestAPageOfOnesOwn(t *testing.T) {
	for text, good := range map[string]bool{linkHTML: true, "<p>{{.State}} {{range .Rows}}{{.Topic}}{{end}}": true, "{{.Name}}": false, "{{if}}": false, "{{(index .Rows 5).Topic}}": false} {
		if _, err := ParseLinkPage(text); (err == nil) != good {
			t.Errorf("%.30s: %v", text, err)
		}
	}
}
