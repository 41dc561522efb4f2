package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/authz"
)

// variants are actions without an operation of their own: a parameter or a
// member of another one asks for them.
var variants = map[authz.Action]string{authz.GetCustomerAsOf: "getCustomer", authz.ClassifyCustomer: "patchCustomer",
	authz.GetOrderContext: "getContext", authz.GetCartContext: "getContext", authz.GetNotificationContext: "getContext"}

func TestEveryOperationIsAnActionAndTheReverse(t *testing.T) {
	var operationIDs, actions []string
	for _, op := range described(routes(Config{}).huma.OpenAPI()) {
		operationIDs = append(operationIDs, op.OperationID)
	}
	for _, action := range authz.Actions() {
		if variants[action] == "" {
			actions = append(actions, string(action))
		}
	}
	slices.Sort(operationIDs)
	slices.Sort(actions)
	if diff := cmp.Diff(actions, operationIDs); diff != "" {
		t.Errorf("operations (-authz +routes):\n%s", diff)
	}
}

func TestACustomersWay(t *testing.T) {
	s := newScene(t)
	w := s.call("admin", "POST", "/v1/customers", `{"name":{"given":"Zoë","family":"Sørensen"},"email":"zoe@example.test","phone":"+41446681800",`+
		`"externalIds":{"crm":"77"},"profile":{"locale":"de-CH","dateOfBirth":"1990-02-03","attributes":{"size":39}},"tags":["vip"]}`)
	c := read[Customer](t, w)
	if w.Code != 201 || w.Header().Get("Location") != "/v1/customers/"+c.ID || w.Header().Get("ETag") != etag(c.Version) || w.Header().Get("Customers-Position") == "" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	url := "/v1/customers/" + c.ID

	w = s.call("support", "GET", url, "")
	got := read[Customer](t, w)
	if w.Code != 200 || got.Email.Address != "zoe@example.test" || got.Number != "C-00000001" || got.Status != "pending" || got.Completeness == nil ||
		got.Profile.DateOfBirth != "" || !slices.Contains(got.Withheld, "profile.dateOfBirth") {
		t.Errorf("support sees %d %s", w.Code, w.Body)
	}
	if w := s.call("support", "GET", url, "", "If-None-Match: "+w.Header().Get("ETag")); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("If-None-Match: %d %s", w.Code, w.Body)
	}

	self := "customer;customer=" + c.ID
	if got := read[Customer](t, s.call(self, "GET", "/v1/me", "")); got.ID != c.ID || got.Profile.DateOfBirth != "1990-02-03" || len(got.Withheld) != 0 {
		t.Errorf("the customer sees %+v", got)
	}
	for _, other := range []string{`{"externalIds":{"crm":"99"}}`, `{"tags":["vip"]}`, `{"type":"business"}`, `{"name":{"given":"Z"},"tags":[]}`} {
		if w := s.call(self, "PATCH", url, other); w.Code != http.StatusForbidden {
			t.Errorf("a customer sorts itself: %d %s", w.Code, w.Body)
		}
	}
	w = s.call("admin", "PATCH", url, `{"name":{"preferred":"Zo","given":null},"externalIds":{"crm":null,"erp":"5"},"tags":["a","b"],"type":"business"}`,
		"Content-Type: "+mediaPatch, "If-Match: "+etag(c.Version))
	if got := read[Customer](t, w); w.Code != 200 || got.Name.Given != "" || got.Name.Preferred != "Zo" || got.Name.Family != "Sørensen" ||
		cmp.Diff(map[string]string{"erp": "5"}, got.ExternalIDs) != "" || len(got.Tags) != 2 || got.Type != "business" {
		t.Errorf("patch: %d %s", w.Code, w.Body)
	}
	if w := s.call(self, "PATCH", url, `{"name":{"given":"Z"}}`, "If-Match: "+etag(c.Version)); w.Code != http.StatusPreconditionFailed {
		t.Errorf("an old If-Match: %d", w.Code)
	}
	w = s.call(self, "PATCH", url+"/profile", `{"locale":null,"currency":"CHF","attributes":{"size":null,"colour":"red"}}`)
	if got := read[Customer](t, w); w.Code != 200 || got.Profile.Locale != "" || got.Profile.Currency != "CHF" || got.Profile.Attributes["colour"] != "red" || len(got.Profile.Attributes) != 1 {
		t.Errorf("profile: %d %s", w.Code, w.Body)
	}
	w = s.call(self, "PATCH", url+"/contact", `{"phone":null}`)
	if got := read[Customer](t, w); w.Code != 200 || got.Phone != nil {
		t.Errorf("contact: %d %s", w.Code, w.Body)
	}

	w = s.call(self, "POST", url+"/email/verification", "")
	requested := read[VerificationRequested](t, w)
	if w.Code != 202 || requested.DeliveryID == "" {
		t.Fatalf("verification: %d %s", w.Code, w.Body)
	}
	w = s.call("service;scope=notifications", "POST", "/v1/verifications/"+requested.DeliveryID+"/delivery", "")
	delivery := read[Delivery](t, w)
	if w.Code != 200 || delivery.To != "zoe@example.test" || len(delivery.Code) != 6 || delivery.CustomerID != c.ID {
		t.Fatalf("delivery: %d %s", w.Code, w.Body)
	}
	if w := s.call(self, "POST", url+"/email/verification/confirm", `{"code":"nope"}`); w.Code != 422 {
		t.Errorf("a wrong code: %d %s", w.Code, w.Body)
	}
	w = s.call(self, "POST", url+"/email/verification/confirm", `{"code":"`+delivery.Code+`"}`)
	if got := read[Customer](t, w); w.Code != 200 || !got.Email.Verified || got.Status != "active" {
		t.Errorf("confirm: %d %s", w.Code, w.Body)
	}
	if w := s.call(self, "POST", url+"/email/verification", ""); w.Code != 204 {
		t.Errorf("verified already: %d %s", w.Code, w.Body)
	}

	w = s.call("admin", "POST", url+"/deactivate", `{"reason":"moved away"}`)
	if got := read[Customer](t, w); w.Code != 200 || got.Status != "inactive" {
		t.Errorf("deactivate: %d %s", w.Code, w.Body)
	}
	if w := s.call("admin", "POST", url+"/archive", ""); w.Code != 200 {
		t.Errorf("archive without a body: %d %s", w.Code, w.Body)
	}
	if w := s.call("admin", "POST", url+"/activate", ""); w.Code != 409 {
		t.Errorf("activate an archived one: %d %s", w.Code, w.Body)
	}
	history(t, s, url, self)
}

func history(t *testing.T, s *scene, url, self string) {
	t.Helper()
	type page struct {
		Items []HistoryEntry
		Next  string
	}
	var all []HistoryEntry
	cursor := ""
	for {
		w := s.call("support", "GET", url+"/history?limit=3"+cursor, "")
		p := read[page](t, w)
		if w.Code != 200 || len(p.Items) > 3 || len(p.Items) == 0 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		all = append(all, p.Items...)
		if p.Next == "" {
			break
		}
		cursor = "&cursor=" + p.Next
	}
	for i, e := range all {
		if e.Version != int64(i+1) {
			t.Errorf("entry %d is of version %d", i+1, e.Version)
		}
	}
	if w := s.call("support", "GET", url+"/history?cursor=AAAA", ""); w.Code != 400 {
		t.Errorf("a made-up cursor: %d", w.Code)
	}
	reason := slices.IndexFunc(all, func(e HistoryEntry) bool { return e.Reason == "moved away" && e.Actor.ID != "" })
	if reason < 0 {
		t.Errorf("no reason in %+v", all)
	}
	own := read[page](t, s.call(self, "GET", url+"/history?limit=200", ""))
	for _, e := range own.Items {
		if e.Actor.Kind != "customer" && e.Actor.ID != "" {
			t.Errorf("the customer sees who of the staff it was: %+v", e)
		}
	}
	log := read[struct{ Items []AccessEntry }](t, s.call(self, "GET", url+"/access-log", ""))
	if len(log.Items) < 5 || !slices.ContainsFunc(log.Items, func(e AccessEntry) bool { return e.Actor.Kind == "support" && e.Operation == "getCustomer" }) {
		t.Errorf("access log: %+v", log.Items)
	}
}

// What is sent to us is closed in the document as it is in the decoder, and
// what we answer is open, so that it can grow.
func TestRequestsAreClosedAndAnswersAreOpen(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"a@example.test"}`).ID
	o := routes(Config{}).huma.OpenAPI()
	bodies := 0
	for _, op := range described(o) {
		if op.RequestBody == nil {
			continue
		}
		bodies++
		for media, content := range op.RequestBody.Content {
			if media == mediaTable {
				continue // it has no members
			}
			if schema := o.Components.Schemas.SchemaFromRef(content.Schema.Ref); schema.AdditionalProperties != false {
				t.Errorf("%s: the document allows unknown members", op.OperationID)
			}
			w := s.call("admin", op.Method, s.on(op.Path, id), `{"zzz":1}`, "Content-Type: "+media)
			if !strings.Contains(w.Body.String(), `"unknown_member"`) {
				t.Errorf("%s as %s: an unknown member gives %d %s", op.OperationID, media, w.Code, w.Body)
			}
		}
	}
	if bodies < 10 {
		t.Errorf("only %d operations have a body", bodies)
	}
	for _, name := range []string{"Customer", "Problem", "HistoryEntry"} {
		if o.Components.Schemas.Map()[name].AdditionalProperties == false {
			t.Errorf("%s may never grow", name)
		}
	}
}

func TestTheDocumentIsTheSameEveryTime(t *testing.T) {
	first, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if again, _ := OpenAPI(); string(again) != string(first) {
			t.Fatal("the document changes by itself")
		}
	}
}

func TestParametersAreGivenOnceAndCountWhenTheyAreThere(t *testing.T) {
	s := newScene(t)
	c := read[Customer](t, s.call("admin", "POST", "/v1/customers", `{"email":"zoe@example.test"}`))
	url := "/v1/customers/" + c.ID
	for target, want := range map[string]int{
		url + "?asOf=0001-01-01T00:00:00Z":                           404, // the zero time of Go, and long before anybody
		url + "?asOf=2100-01-01T00:00:00Z":                           200,
		url + "?asOf=":                                               422,
		url + "?asOf=2000-01-01T00:00:00Z&asOf=2100-01-01T00:00:00Z": 422,
		url + "/history?limit=1&limit=1":                             422,
	} {
		if w := s.call("admin", "GET", target, ""); w.Code != want {
			t.Errorf("%s: %d %s, want %d", target, w.Code, w.Body, want)
		}
	}
}

func TestABodyThatMayBeLeftOutMayKeepItsMediaType(t *testing.T) {
	s := newScene(t)
	c := read[Customer](t, s.call("admin", "POST", "/v1/customers", `{"email":"zoe@example.test"}`))
	if w := s.call("admin", "POST", "/v1/customers/"+c.ID+"/activate", "", "Content-Type: "+mediaJSON); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.call("admin", "POST", "/v1/customers/"+c.ID+"/deactivate", " ", "Content-Type: "+mediaJSON); w.Code != 400 {
		t.Errorf("a body of nothing but space: %d %s", w.Code, w.Body)
	}
}
