package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// soak multiplies counts when asked for the long run.
func soak(short, long int) int {
	if os.Getenv("SOAK") != "" {
		return long
	}
	return short
}

// together runs n requests at once and counts their statuses.
func together(n int, ask func(i int) *httptest.ResponseRecorder) (map[int]int, []*httptest.ResponseRecorder) {
	answers := make([]*httptest.ResponseRecorder, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { <-start; answers[i] = ask(i) })
	}
	close(start)
	all.Wait()
	counts := map[int]int{}
	for _, a := range answers {
		counts[a.Code]++
	}
	return counts, answers
}

func TestOneOf64WithTheSameIfMatchWins(t *testing.T) {
	s := newScene(t)
	for round := range soak(20, 1000) {
		c := s.register(t, fmt.Sprintf(`{"email":"r%d@example.test"}`, round))
		counts, _ := together(64, func(i int) *httptest.ResponseRecorder {
			return s.call("admin", "PATCH", "/v1/customers/"+c.ID, fmt.Sprintf(`{"tags":["t%d"]}`, i), "If-Match: "+etag(c.Version))
		})
		if counts[200] != 1 || counts[412]+counts[409] != 63 {
			t.Fatalf("round %d: %v", round, counts)
		}
	}
	c := s.register(t, `{"email":"control@example.test"}`) // control: without If-Match all may win
	counts, _ := together(8, func(i int) *httptest.ResponseRecorder {
		return s.call("admin", "PATCH", "/v1/customers/"+c.ID, fmt.Sprintf(`{"tags":["t%d"]}`, i))
	})
	if counts[200] < 2 {
		t.Errorf("the race is none: %v", counts)
	}
}

func TestReplaysOfAKeyHaveOneEffect(t *testing.T) {
	s := newScene(t)
	for round := range soak(5, 200) {
		key := fmt.Sprintf("Idempotency-Key: key-%d", round)
		body := fmt.Sprintf(`{"email":"once%d@example.test","name":{"given":"A"}}`, round)
		ask := func(int) *httptest.ResponseRecorder { return s.call("admin", "POST", "/v1/customers", body, key) }
		counts, answers := together(100, ask)
		if counts[201]+counts[409] != 100 || counts[201] == 0 {
			t.Fatalf("round %d: %v", round, counts)
		}
		ids, fresh := map[string]int{}, 0
		for _, a := range append(answers, ask(0)) {
			switch {
			case a.Code == 201:
				ids[a.Body.String()]++
				if a.Header().Get("Idempotency-Replayed") == "" {
					fresh++
				}
			case !strings.Contains(a.Body.String(), `"request_in_flight"`):
				t.Errorf("a replay was refused: %s", a.Body)
			}
		}
		if len(ids) != 1 || fresh != 1 {
			t.Errorf("round %d: %d different answers, %d of them new", round, len(ids), fresh)
		}
	}
}

func TestAKeyIsForOneRequestOfOneCaller(t *testing.T) {
	s := newScene(t)
	const key = "Idempotency-Key: k"
	one := read[Customer](t, s.call("admin", "POST", "/v1/customers", `{"email":"a@example.test"}`, key))
	if w := s.call("admin", "POST", "/v1/customers", `{"email":"b@example.test"}`, key); w.Code != 422 || !strings.Contains(w.Body.String(), "idempotency_key_reused") {
		t.Errorf("another payload: %d %s", w.Code, w.Body)
	}
	w := s.call("admin;sub=other", "POST", "/v1/customers", `{"email":"c@example.test"}`, key)
	if other := read[Customer](t, w); w.Code != 201 || other.ID == one.ID {
		t.Errorf("another caller's key hits: %d %s", w.Code, w.Body)
	}
	url := "/v1/customers/" + one.ID + "/deactivate"
	if w := s.call("admin", "POST", url, `{"reason":"x"}`, key); w.Code != 422 {
		t.Errorf("the same key for another operation: %d %s", w.Code, w.Body)
	}
	s.call("admin", "POST", "/v1/customers/"+one.ID+"/activate", "", "Idempotency-Key: l")
	s.call("admin", "PATCH", "/v1/customers/"+one.ID, `{"tags":["later"]}`)
	again := read[Customer](t, s.call("admin", "POST", "/v1/customers/"+one.ID+"/activate", "", "Idempotency-Key: l"))
	if len(again.Tags) != 0 || again.Version != one.Version+1 {
		t.Errorf("a replay shows a later version: %+v", again)
	}
}

func TestAKeyInFlightIsRefused(t *testing.T) {
	s := newScene(t)
	svc := &service{app: s.app, flights: newInFlight(10)}
	x := &exchange{request: httptest.NewRequest(http.MethodPost, "/v1/customers", nil)}
	x.request.Header.Set("Idempotency-Key", "k")
	ctx := context.WithValue(t.Context(), exchangeKey{}, x)
	_, leave, err := svc.changing(ctx, 201)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := svc.changing(ctx, 201); problemOf(t.Context(), err).Code != "request_in_flight" {
		t.Errorf("the same key twice at once: %v", err)
	}
	leave()
	if _, leave, err := svc.changing(ctx, 201); err != nil {
		t.Errorf("after the first is over: %v", err)
	} else {
		leave()
	}
}

// TestCustomersReachOnlyThemselves swaps ids in everything that a customer may
// call: another's id has to answer exactly like one that never was.
func TestCustomersReachOnlyThemselves(t *testing.T) {
	s := newScene(t)
	mine := s.register(t, `{"email":"mine@example.test"}`)
	self := "customer;customer=" + mine.ID
	checked := 0
	for i := range soak(40, 1000) {
		other := s.register(t, fmt.Sprintf(`{"email":"swap%d@example.test","phone":"+41446681800"}`, i))
		for _, op := range described(routes(Config{}).huma.OpenAPI()) {
			if !onOne(op.Path) {
				continue
			}
			theirs, nobodys := s.full(op.OperationID, op.Method, op.Path, self, other.ID), s.full(op.OperationID, op.Method, op.Path, self, uuid.Must(uuid.NewV7()).String())
			if theirs != nobodys || !strings.HasPrefix(theirs, "404") {
				t.Errorf("%s tells that another customer exists:\n%s\n%s", op.OperationID, theirs, nobodys)
			}
			checked++
		}
	}
	if checked < 400 {
		t.Errorf("only %d operations were tried", checked)
	}
	if own := s.full("getCustomer", "GET", "/v1/customers/{id}", self, mine.ID); !strings.HasPrefix(own, "200") {
		t.Errorf("the control, one's own id: %s", own)
	}
}

// full is an answer without what is different every time.
func (s *scene) full(id, method, path, who, customerID string) string {
	body := bodyOf(id)
	if body == "{}" && method != http.MethodPatch {
		body = ""
	}
	w := s.call(who, method, s.on(path, customerID), body)
	h := w.Result().Header
	text := strings.ReplaceAll(w.Body.String(), h.Get("X-Request-Id"), "")
	h.Del("X-Request-Id")
	h.Del("Traceparent")
	return fmt.Sprint(w.Code, h, text)
}
