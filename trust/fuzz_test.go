package trust

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acme/customers/trust/people"
	"github.com/acme/customers/trust/scan"
	"github.com/acme/customers/trust/service"
)

// Whatever is sent, the service does not panic, does not fail, shows
// nothing of anybody in a refusal, refuses in one kind of document, and serves
// others meanwhile.

// seed is a request to spoil.
type seed struct {
	method, path, body string
	headers            map[string]string
}

func seeds(id string, p *people.Person) []seed {
	registration, _ := json.Marshal(p.Registration)
	patch, _ := json.Marshal(p.Patch)
	profile, _ := json.Marshal(p.Profile)
	contact, _ := json.Marshal(p.Contact)
	home, _ := json.Marshal(p.Home)
	lines, _ := json.Marshal(bare(p.Home))
	moved, _ := json.Marshal(p.Moved)
	one := "/v1/customers/" + id
	return []seed{
		{"POST", "/v1/customers", string(registration), map[string]string{"Idempotency-Key": "k1"}},
		{"POST", "/v1/customers/lookup", `{"email":"` + p.Registration.Email + `"}`, nil},
		{"POST", "/v1/customers/lookup", `{"externalId":{"source":"crm","id":"` + p.Registration.UserID + `"}}`, nil},
		{"GET", one, "", map[string]string{"If-None-Match": `"1"`}},
		{"GET", one + "?asOf=2026-11-23T10:00:00Z&minPosition=1", "", map[string]string{"Cache-Control": "max-age=5"}},
		{"GET", "/v1/me", "", nil},
		{"PATCH", one, string(patch), map[string]string{"If-Match": `"1"`, "Content-Type": "application/merge-patch+json"}},
		{"PATCH", one + "/profile", string(profile), nil},
		{"PATCH", one + "/contact", string(contact), nil},
		{"POST", one + "/email/verification", "", nil},
		{"POST", one + "/email/verification/confirm", `{"code":"123456"}`, nil},
		{"POST", one + "/addresses", string(home), map[string]string{"Idempotency-Key": "k2"}},
		{"PATCH", one + "/addresses/" + id, string(moved), map[string]string{"If-Match": `"1"`}},
		{"PUT", one + "/addresses/" + id + "/default", `{"type":"billing"}`, nil},
		{"DELETE", one + "/addresses/" + id, "", nil},
		{"GET", one + "/addresses?type=billing", "", nil},
		{"GET", "/v1/addresses/" + id + "/versions/1", "", nil},
		{"POST", "/v1/addresses/validate", string(lines), nil},
		{"GET", "/v1/address-formats/DE", "", nil},
		{"POST", one + "/deactivate", `{"reason":"` + p.Reason + `"}`, nil},
		{"GET", one + "/history?cursor=abc&limit=5", "", nil},
		{"GET", one + "/access-log?limit=5", "", nil},
		{"GET", one + "/completeness", "", nil},
		{"POST", "/v1/customers/batch?mode=validate", string(registration) + "\n" + string(registration) + "\n", map[string]string{"Content-Type": "application/x-ndjson"}},
		{"POST", "/v1/verifications/" + id + "/delivery", "", nil},
		{"GET", "/v1/statistics/customers", "", nil},
		{"GET", "/v1/dead-letters?after=x&limit=3", "", nil},
		{"POST", "/v1/dead-letters/" + id + "/replay", "", nil},
		{"GET", "/openapi.yaml", "", nil}, {"GET", "/docs", "", nil}, {"GET", "/readyz", "", nil}, {"GET", "/metrics", "", nil},
	}
}

// spoil changes a request in one to four places.
func (s seed) spoil(r *rand.Rand) seed {
	headers := map[string]string{}
	for k, v := range s.headers {
		headers[k] = v
	}
	s.headers = headers
	for range 1 + r.IntN(4) {
		switch r.IntN(16) {
		default: // what the handlers see most of is spoilt most
			s.body = mutate(r, s.body)
		case 0:
			// A blank would end the target, and net/http itself answers what is
			// no HTTP. See raw.
			s.path = "/" + strings.ReplaceAll(strings.TrimPrefix(mutate(r, s.path), "/"), " ", "%20")
		case 1:
			s.path += pick(r, nastyEnds...)
		case 2:
			s.method = pick(r, methods...)
		case 3, 4:
			s.headers[pick(r, headerNames...)] = clean7(mutate(r, pick(r, headerValues...)))
		case 5, 6:
			s.body = pick(r, nastyBodies...)
		}
	}
	return s
}

var (
	methods     = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"}
	headerNames = []string{"If-Match", "If-None-Match", "Idempotency-Key", "Content-Type", "Cache-Control", "Authorization", "Traceparent",
		"X-Forwarded-For", "Accept", "Accept-Encoding", "Customers-Source", "Content-Encoding", "X-Request-Id", "Range"}
	headerValues = []string{`"1"`, "*", `W/"2"`, "application/json", "max-age=1", "Bearer x.y.z", "gzip", "import", "bytes=0-1", "k1", strings.Repeat("a", 300)}
	nastyEnds    = []string{"/", "//", "?", "?x=1", "?limit=99999999999999999999", "?minPosition=-1", "?asOf=never", "/..", "%00", "%2e%2e", ";a=b", "?limit=1&limit=2"}
	nastyBodies  = []string{"", "null", "[]", "0", `""`, "{}", strings.Repeat("[", 5000), `{"name":` + strings.Repeat(`{"given":`, 400) + "1" + strings.Repeat("}", 401),
		strings.Repeat(`{"a":1}`, 3), "\x00\xff\xfe", `{"tags":[` + strings.Repeat(`"t",`, 3000) + `"t"]}`}
	splinters = []string{"null", "-1", "1e999", `"`, "\\", `\ud800`, "\u202e", "𝒳", "\xc3\x28", "true", "{", "}", "[", "]", ",", "%", "99999999999999999999", " ", "\n"}
)

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

// mutate changes bytes: flips, cuts, doubles, or puts something nasty in.
func mutate(r *rand.Rand, s string) string {
	if s == "" {
		return pick(r, "{", "x", "\x00")
	}
	at := r.IntN(len(s))
	switch r.IntN(6) {
	case 0:
		return s[:at] + string(rune(r.IntN(256))) + s[at+1:]
	case 1:
		return s[:at]
	case 2:
		return s[:at] + s[at:min(len(s), at+20)] + s[at:]
	case 3:
		return s[:at] + pick(r, splinters...) + s[at:]
	case 4:
		end := min(len(s), at+1+r.IntN(10))
		return s[:at] + s[end:]
	}
	return s[:at] + string(s[at]^byte(1<<r.IntN(8))) + s[at+1:]
}

// clean7 keeps a header one that the client will send.
func clean7(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

var mistyped = regexp.MustCompile(`"pointer":"[^"]*","code":"unknown_member"`)

// flaw says what is wrong with an answer, "" if nothing.
func flaw(method string, a service.Answer, values *scan.Set) string {
	shown := string(a.Body)
	for name, all := range a.Header {
		shown += "\n" + name + ": " + strings.Join(all, ",")
	}
	switch {
	case a.Status >= 500 && a.Status != 503 && a.Status != 507:
		return "it failed"
	case a.Status < 400:
		return ""
	case a.Status >= 500 && a.Code() == "":
		return "it is unavailable and does not say why"
	}
	// A mistyped member's name is shown to whoever sent it, as a place and
	// nowhere else.
	shown = mistyped.ReplaceAllString(shown, `"code":"unknown_member"`)
	leaked := false
	values.Search([]byte(shown), func(scan.Hit) { leaked = true })
	if leaked {
		return "it repeats what was sent or shows somebody"
	}
	if method == "HEAD" {
		return ""
	}
	var p struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	if err := json.Unmarshal(a.Body, &p); err != nil || a.Header.Get("Content-Type") != "application/problem+json" || p.Status != a.Status ||
		p.Title == "" || p.Detail == "" || p.Code == "" || !strings.HasSuffix(p.Type, "/"+p.Code) {
		return "it is no problem document"
	}
	if a.Status == 401 && a.Header.Get("WWW-Authenticate") == "" || (a.Status == 429 || a.Status == 503) && a.Header.Get("Retry-After") == "" {
		return "a header of its status is missing"
	}
	return ""
}

// bombard sends spoilt requests and lists the flaws of the answers.
func bombard(c *service.Client, from []seed, values *scan.Set, requests int) (flaws map[string]int, statuses map[int]int) {
	flaws, statuses = map[string]int{}, map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(57, uint64(w)))
			for range requests / 8 {
				in := from[r.IntN(len(from))].spoil(r)
				a, err := send(c, in)
				mu.Lock()
				statuses[a.Status]++
				if err != nil {
					if unanswered(err) {
						flaws[fmt.Sprintf("%s %s: no answer: %v", in.method, route(in.path), errors.Unwrap(err))]++
					}
				} else if why := flaw(in.method, a, values); why != "" {
					flaws[fmt.Sprintf("%s %s: %d %s: %s", in.method, route(in.path), a.Status, a.Code(), why)]++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return flaws, statuses
}

func send(c *service.Client, in seed) (service.Answer, error) {
	var body any
	if in.body != "" {
		body = []byte(in.body)
	}
	var headers []string
	for k, v := range in.headers {
		headers = append(headers, k, v)
	}
	return c.Do(in.method, in.path, body, headers...)
}

// unanswered tells a connection that broke from a request that the client
// would not send.
func unanswered(err error) bool {
	var e *url.Error
	var op *net.OpError
	return errors.As(err, &e) && (errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || e.Timeout())
}

// route keeps a path out of messages but for its beginning.
func route(path string) string { return path[:min(len(path), 14)] }

func TestNoRequestBreaksTheService(t *testing.T) {
	s := service.Start(t, service.Config{})
	c, all := s.Client(t), people.Make(57, 20)
	id := register(t, c, "bystander@fuzz.example")
	for _, p := range all[1:] {
		if err := live(c, p); err != nil {
			t.Fatal(err)
		}
	}
	values, err := scan.NewSet(people.Values(all))
	if err != nil {
		t.Fatal(err)
	}
	others := bystander(s.Client(t), id)
	flaws, statuses := bombard(c, seeds(id, all[0]), values, count(20_000, 1_000_000))
	t.Logf("statuses: %v", statuses)
	for what, n := range flaws {
		t.Errorf("%d × %s", n, what)
	}
	raw(t, s, count(500, 20_000))
	if served, failed := others(); failed != "" || served < 50 {
		t.Errorf("of %d requests of another client one failed: %s", served, failed)
	}
	log := s.Log(t)
	values.Search([]byte(log), func(scan.Hit) { t.Error("somebody is shown in the log") })
	if code := s.Stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if code, out := s.Verify(t); code != 0 {
		t.Errorf("verify exits %d: %s", code, out)
	}
}

// bystander reads its customer again and again; the result says how often and
// what failed.
func bystander(c *service.Client, id string) func() (served int, failed string) {
	var stop atomic.Bool
	done := make(chan struct{})
	served, failed := 0, ""
	go func() {
		defer close(done)
		for !stop.Load() && failed == "" {
			a, err := c.Do("GET", "/v1/customers/"+id, nil)
			if err != nil || a.Status != 200 && a.Status != 404 {
				failed = fmt.Sprint(a, err)
			}
			served++
			time.Sleep(5 * time.Millisecond) // a client, not an attack
		}
	}()
	return func() (int, string) { stop.Store(true); <-done; return served, failed }
}

// raw sends bytes that are hardly HTTP. The service answers in HTTP or hangs
// up; it is there afterwards.
func raw(t *testing.T, s *service.Service, connections int) {
	t.Helper()
	address := strings.TrimPrefix(s.URL(), "http://")
	r := rand.New(rand.NewPCG(57, 99))
	good := "POST /v1/customers HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
	for range connections {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		text := good
		for range 1 + r.IntN(5) {
			text = mutate(r, text)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, text)
		_ = conn.(*net.TCPConn).CloseWrite()
		if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil && strings.HasPrefix(line, "HTTP/1.") {
			if fields := strings.Fields(line); len(fields) < 2 || fields[1][0] == '5' && fields[1] != "503" && fields[1] != "505" && fields[1] != "501" {
				t.Errorf("answered %q", line)
			}
		}
		conn.Close()
	}
	if resp, err := http.Get(s.URL() + "/livez"); err != nil || resp.StatusCode != 200 {
		t.Errorf("not there any more: %v", err)
	}
}

// The control: a service with each of the flaws is caught.
func TestFlawedAnswersAreCaught(t *testing.T) {
	all := people.Make(57, 1)
	values, err := scan.NewSet(people.Values(all))
	if err != nil {
		t.Fatal(err)
	}
	problem := func(status int, detail string) string {
		return `{"type":"https://x/problems/invalid","title":"Invalid","status":` + strconv.Itoa(status) + `,"code":"invalid","detail":"` + detail + `"}`
	}
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"it panics":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"it fails":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"it speaks text":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad request", 400) },
		"the status lies":  func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, problem(422, "no")) },
		"no Retry-After":   func(w http.ResponseWriter, _ *http.Request) { refuse(w, 429, problem(429, "slower")) },
		"it shows someone": func(w http.ResponseWriter, _ *http.Request) { refuse(w, 422, problem(422, all[0].Registration.Email)) },
		"it echoes": func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Seen", strconv.QuoteToASCII(string(body)))
			refuse(w, 422, problem(422, "no"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(answer))
			defer srv.Close()
			c := &service.Client{Base: func() string { return srv.URL }, HTTP: srv.Client()}
			if flaws, _ := bombard(c, seeds("1", all[0]), values, 400); len(flaws) == 0 {
				t.Error("not caught")
			}
		})
	}
}

func refuse(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
