package trust

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/acme/customers/trust/service"
)

// The queries of the context map: what each consumer gets, and what it is
// refused.

// do sends a request that has to be answered so.
func do(t *testing.T, c *service.Client, method, path string, body any, want int) service.Answer {
	t.Helper()
	a, err := c.Do(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != want {
		t.Fatalf("%s: %d %s, want %d", method, a.Status, a.Code(), want)
	}
	return a
}

func (s *story) theCustomerIsLookedAfter(t *testing.T) {
	path := "/v1/customers/" + s.ada
	do(t, s.admin, "PATCH", path, data{"name": data{"preferred": "Umbenannta"}, "tags": []string{"vip"}}, 200)
	first := service.Address{Type: "shipping", Label: "Tantenhaus", Recipient: "Xanthippe", Street: []string{"Qwlgasse 77"}, City: "Bern", PostalCode: "3011", Country: "CH"}
	home, _ := do(t, s.admin, "POST", path+"/addresses", first, 201).Address()
	first.Street = []string{adaStreet}
	second, _ := do(t, s.admin, "POST", path+"/addresses", first, 201).Address()
	do(t, s.admin, "PATCH", path+"/addresses/"+second.ID, data{"label": "Tantenhaus II"}, 200)
	do(t, s.admin, "PUT", path+"/addresses/"+second.ID+"/default", data{"type": "shipping"}, 200)
	do(t, s.admin, "DELETE", path+"/addresses/"+home.ID, nil, 204)
	do(t, s.admin, "PATCH", path+"/preferences", data{"communication": data{"sms": false}}, 200)
	do(t, s.admin, "POST", path+"/consents/marketing/grant", data{"source": "phone", "method": "spoken"}, 200)
	do(t, s.admin, "POST", path+"/consents/marketing/revoke", data{"source": "phone"}, 200)
	reporter := s.Client(t).As(service.Token(t, s.Data, "service", "--scope", "contact:report"))
	do(t, reporter, "POST", path+"/messages", data{"event": "complained", "channel": "sms"}, 204)
}

// asker is a consumer of the query API.
type asker struct {
	role  string
	scope []string
	// what it gets: by path below the customer, the parts of the answer, values
	// that are in it and values that are not
	gets []answerTo
	// what it is refused, as "METHOD path below the customer" or "METHOD /path"
	refused []string
}

type answerTo struct {
	method, path, parts string
	body                any
	shows, withheld     []string
}

var askers = map[string]asker{
	"order": {"service", []string{"context:order"},
		[]answerTo{{"GET", "/context?for=order", "addresses customer", nil, []string{adaName, adaMail, adaStreet}, []string{resolved, "30000.00", "vip"}}},
		[]string{"GET /context", "GET /context?for=cart", "GET /context?for=notifications", "GET ", "GET /timeline", "GET /activity", "GET /preferences", "POST /archive"}},
	"cart": {"service", []string{"context:cart"},
		[]answerTo{{"GET", "/context?for=cart", "addresses customer preferences", nil, []string{adaStreet}, []string{adaName, adaMail, resolved, "30000.00"}}},
		[]string{"GET /context", "GET /context?for=order", "GET /context?for=notifications", "GET ", "GET /consents", "GET /notes"}},
	"support": {"support", nil,
		[]answerTo{{"GET", "/context", "activity addresses closedChannels consents customer flags latest notes preferences", nil, []string{adaName, adaMail, adaStreet, resolved, "30000.00"}, nil},
			{"GET", "/timeline", "items previous", nil, []string{"Where is my zeppelin", resolved, adaOrder, "TicketResolved", "Umbenannta"}, nil},
			{"GET", "/notes", "items", nil, []string{resolved}, nil}},
		[]string{"POST /archive", "GET /access-log", "GET /v1/dead-letters", "POST /activities", "GET /v1/statistics/customers"}},
	"notifications": {"service", []string{"context:notifications", "contact:decide"},
		[]answerTo{{"GET", "/context?for=notifications", "closedChannels consents customer preferences", nil, []string{adaMail, "revoked"}, []string{adaName, adaStreet, resolved}},
			{"POST", "/contact-decision", "decision reasons", data{"channel": "email", "purpose": "marketing"}, []string{`"decision":"deny"`}, []string{adaMail, adaName}}},
		[]string{"GET /context", "GET /context?for=order", "GET /context?for=cart", "GET ", "GET /addresses", "GET /timeline"}},
	"marketing": {"marketing", nil,
		[]answerTo{{"GET", "/v1/statistics/customers", "", nil, nil, []string{adaName, adaMail}}},
		[]string{"GET ", "GET /context", "GET /context?for=notifications", "GET /timeline", "GET /activity", "GET /consents"}},
	"analytics": {"service", []string{"customers:statistics"},
		[]answerTo{{"GET", "/v1/statistics/customers", "", nil, nil, []string{adaName, adaMail}}},
		[]string{"GET ", "GET /context", "GET /context?for=order", "GET /timeline", "GET /activity", "GET /notes", "GET /v1/dead-letters"}},
	"identity, orders and support, who only tell": {"service", []string{"activities:write"}, nil,
		[]string{"GET ", "GET /context", "GET /activity", "GET /timeline", "GET /notes"}},
}

func (s *story) path(below string) string {
	if strings.HasPrefix(below, "/v1/") {
		return below
	}
	return "/v1/customers/" + s.ada + below
}

// eachHearsAndAsks: a message names the customer whom to ask about; who hears
// it may be another process afterwards, and goes on where the last one was.
func (s *story) eachHearsAndAsks(t *testing.T) {
	if err := s.AwaitRelay(); err != nil {
		t.Fatal(err)
	}
	for who, l := range s.listeners {
		if all := l.hear(t); len(all) == 0 || all[len(all)-1].Customer != s.ada {
			t.Errorf("%s hears of nobody", who)
		}
		s.resume(t, who, l)
	}
	s.eachAsksForItsOwn(t)
}

func (s *story) eachAsksForItsOwn(t *testing.T) {
	for who, a := range askers {
		args := []string{}
		for _, scope := range a.scope {
			args = append(args, "--scope", scope)
		}
		c := s.Client(t).As(service.Token(t, s.Data, a.role, args...))
		for _, g := range a.gets {
			answer := do(t, c, g.method, s.path(g.path), g.body, 200)
			for _, wrong := range g.differs(answer) {
				t.Errorf("%s, %s: %s", who, g.path, wrong)
			}
		}
		for _, asked := range a.refused {
			method, path, _ := strings.Cut(asked, " ")
			var body any
			if method == "POST" {
				body = data{}
			}
			if got, err := c.Do(method, s.path(path), body); err != nil || got.Status != 403 {
				t.Errorf("%s is answered %s with %d %v", who, asked, got.Status, err)
			}
		}
	}
	s.theAnswersAreLookedAt(t)
}

// differs says what an answer has that it should not, and lacks.
func (g *answerTo) differs(a service.Answer) (wrong []string) {
	var parts map[string]json.RawMessage
	_ = json.Unmarshal(a.Body, &parts)
	if got := strings.Join(slices.Sorted(maps.Keys(parts)), " "); g.parts != "" && got != g.parts {
		wrong = append(wrong, "it has "+got)
	}
	for i, value := range g.shows {
		if !strings.Contains(string(a.Body), value) {
			wrong = append(wrong, "it lacks "+g.shows[i])
		}
	}
	for i, value := range g.withheld {
		if strings.Contains(string(a.Body), value) {
			wrong = append(wrong, "it shows "+g.withheld[i])
		}
	}
	return wrong
}

// theAnswersAreLookedAt: the whole context, taken for the cart's, is noticed.
func (s *story) theAnswersAreLookedAt(t *testing.T) {
	whole := do(t, s.admin, "GET", s.path("/context"), nil, 200)
	if wrong := askers["cart"].gets[0].differs(whole); len(wrong) != 5 {
		t.Errorf("control: of a context that has everything it is noticed that %q", wrong)
	}
}
