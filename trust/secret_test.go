package trust

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/acme/customers/trust/people"
	"github.com/acme/customers/trust/service"
)

// publicKey is the key of a segment, which messages are filtered by. It is not
// personal, and found wherever events are.
const publicKey = "public-key-of-a-segment"

// secrets makes segments whose rules, names and descriptions may be personal,
// tries rules, is refused some, and searches for people and for nobody, by text
// and filter; and gives every word of it that must be found nowhere.
func (s staff) secrets(t *testing.T, all []*people.Person) (values []string) {
	t.Helper()
	next := 0
	secret := func(what string) string {
		next++
		v := "quixotic" + what + letters(7000+next)
		values = append(values, v)
		return v
	}
	rule := func() string {
		return fmt.Sprintf(`customer.attributes[%q] == %q || %q in customer.tags || customer.profile.gender.startsWith(%q) || customer.tags.exists(t, t.matches(%q))`,
			secret("attribute"), secret("value"), secret("tag"), secret("gender"), "^"+secret("pattern"))
	}
	step := func(status int, method, path string, body any, headers ...string) service.Answer {
		t.Helper()
		a, err := s.admin.Do(method, path, body, headers...)
		for err == nil && (a.Status == 429 || a.Code() == "segment_calculating") { // a person is held to a rate, and a rule waits for the one before
			a, err = s.admin.Do(method, path, body, headers...)
		}
		if err != nil || a.Status != status {
			t.Fatalf("%s %s: %v %v, not %d", method, path, a, err, status)
		}
		return a
	}
	attribute := ""
	for key := range all[0].Registration.Profile.Attributes {
		attribute = key // somebody has it
	}
	create := map[string]any{"key": publicKey, "name": secret("name"), "description": secret("description"), "type": "dynamic", "criteria": rule()}
	step(201, "POST", "/v1/segments", create, "Idempotency-Key", secret("idempotency"))
	one := "/v1/segments/" + publicKey
	await(t, "the rule to be calculated", func() bool { return asked[aSegment](t, s.all, "GET", one, nil).Applied == 1 })
	step(409, "POST", "/v1/segments", map[string]any{"key": publicKey, "name": secret("name"), "type": "static"})
	step(200, "PATCH", one, map[string]any{"name": secret("name"), "description": secret("description")})
	step(200, "PATCH", one, map[string]any{"criteria": fmt.Sprintf("customer.attributes.%s != %q || size(customer.tags) >= 0", attribute, secret("other"))})
	await(t, "the rule to be calculated", func() bool {
		now := asked[aSegment](t, s.all, "GET", one, nil)
		return now.Applied == 2 && now.Members > 0
	})
	page := asked[struct{ Items []string }](t, s.all, "GET", one+"/members?limit=3", nil)
	for _, id := range page.Items {
		step(200, "GET", one+"/members/"+id, nil)
		step(200, "GET", "/v1/customers/"+id+"/segments", nil)
	}
	step(200, "PATCH", one, map[string]any{"rollBackTo": 1})
	step(200, "POST", "/v1/segments/preview", map[string]any{"criteria": rule(), "segment": publicKey})
	for _, wrong := range []string{
		fmt.Sprintf("customer.%s == 1", secret("field")), fmt.Sprintf("%q", secret("text")), fmt.Sprintf("customer.country == %q +", secret("constant")),
		fmt.Sprintf("%q in customer.segments", secret("segment")), fmt.Sprintf("customer.consents[%q] == \"granted\"", secret("purpose")),
		fmt.Sprintf("customer.status == %q", secret("status")), fmt.Sprintf("%s(customer.tags)", secret("function")), fmt.Sprintf("customer.country.matches(%q)", "("+secret("pattern")),
	} {
		step(422, "POST", "/v1/segments/preview", map[string]any{"criteria": wrong})
		step(422, "POST", "/v1/segments", map[string]any{"key": "refused", "name": secret("name"), "type": "dynamic", "criteria": wrong})
		step(422, "POST", "/v1/customers/search", map[string]any{"filter": wrong})
	}
	step(404, "GET", "/v1/segments/"+strings.ToLower(secret("unknown")), nil)
	step(404, "GET", "/v1/segments/"+publicKey+"/members/"+url.PathEscape(secret("nobody")), nil)
	for i := range 8 {
		p := all[i]
		word := secret("word")
		for _, query := range []string{p.Registration.Name.Given, p.Registration.Email, p.Registration.Phone, word, p.Registration.Name.Family + " " + word, word + "@" + strings.ToLower(word) + ".example"} {
			a := step(200, "POST", "/v1/customers/search", map[string]any{"query": query, "limit": 1, "facets": []string{"tags", "segments"}})
			var page struct{ Next string }
			if err := json.Unmarshal(a.Body, &page); err != nil {
				t.Fatal(err)
			}
			if page.Next != "" {
				step(200, "POST", "/v1/customers/search", map[string]any{"query": query, "limit": 1, "cursor": page.Next})
			}
		}
		step(200, "POST", "/v1/customers/search", map[string]any{"filter": rule(), "sort": "name"})
		step(200, "POST", "/v1/customers/search/export", map[string]any{"query": p.Registration.Name.Given, "filter": fmt.Sprintf("size(customer.tags) >= 0 && !(%q in customer.tags)", secret("tag"))})
	}
	step(422, "POST", "/v1/customers/search", map[string]any{"sort": secret("sort")})
	step(422, "POST", "/v1/customers/search", map[string]any{"facets": []string{secret("facet")}})
	step(422, "POST", "/v1/customers/search", map[string]any{secret("member"): secret("value")})
	step(400, "POST", "/v1/customers/search", map[string]any{"query": secret("word"), "cursor": secret("cursor")})
	return values
}
