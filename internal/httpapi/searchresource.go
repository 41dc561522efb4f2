package httpapi

import (
	"strings"
	"time"

	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/search"
)

// FoundCustomer is a customer as a search shows it: what it is known by, and what
// of that matched.
type FoundCustomer struct {
	ID             string    `json:"id" format:"uuid"`
	Number         string    `json:"number"`
	Status         string    `json:"status"`
	Type           string    `json:"type"`
	Name           string    `json:"name,omitempty"`
	Preferred      string    `json:"preferredName,omitempty"`
	Former         []string  `json:"formerNames,omitempty"`
	Email          string    `json:"email,omitempty"`
	Phone          string    `json:"phone,omitempty"`
	ExternalIDs    []string  `json:"externalIds,omitempty"`
	Country        string    `json:"country,omitempty" doc:"Of the default shipping address"`
	Cities         []string  `json:"cities,omitempty"`
	Companies      []string  `json:"companies,omitempty"`
	Tags           []string  `json:"tags,omitempty"`
	RegisteredAt   time.Time `json:"registeredAt"`
	LastActivityAt time.Time `json:"lastActivityAt,omitzero"`
	Score          int       `json:"score,omitzero" doc:"Higher is better; of a query with a text"`
	Matches        []Match   `json:"matches,omitempty" doc:"Which parts of what is shown match"`
}

// Match is a part of a value that matched.
type Match struct {
	Field string `json:"field" enum:"name,preferredName,formerNames,email,phone,number,externalIds,cities,companies,tags"`
	Value string `json:"value"`
	Start int    `json:"start" doc:"In characters (Unicode code points) of the value"`
	End   int    `json:"end"`
	How   string `json:"how" enum:"exact,prefix,digits,nickname,phonetic,typo,infix"`
}

// FacetCount is how many have a value.
type FacetCount struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// ExportedCustomer is a row of an export. Its fields are the columns of the CSV
// form, in their order; lists are joined by "; " there.
type ExportedCustomer struct {
	Number         string    `json:"number"`
	ID             string    `json:"id" format:"uuid"`
	Status         string    `json:"status"`
	Type           string    `json:"type"`
	Name           string    `json:"name,omitempty"`
	Preferred      string    `json:"preferredName,omitempty"`
	Email          string    `json:"email,omitempty"`
	Phone          string    `json:"phone,omitempty"`
	Country        string    `json:"country,omitempty"`
	Cities         []string  `json:"cities,omitempty"`
	Companies      []string  `json:"companies,omitempty"`
	ExternalIDs    []string  `json:"externalIds,omitempty"`
	Tags           []string  `json:"tags,omitempty"`
	RegisteredAt   time.Time `json:"registeredAt"`
	LastActivityAt time.Time `json:"lastActivityAt,omitzero"`
}

// textFields are what kinds of texts are called.
var textFields = map[search.Kind]string{search.Name: "name", search.Preferred: "preferredName", search.Former: "formerNames", search.Email: "email", search.Phone: "phone",
	search.Number: "number", search.ExternalID: "externalIds", search.City: "cities", search.Company: "companies", search.Tag: "tags"}

var ways = map[search.How]string{search.Exact: "exact", search.Prefix: "prefix", search.Digits: "digits", search.Nickname: "nickname", search.Phonetic: "phonetic",
	search.Typo: "typo", search.Infix: "infix"}

func renderHit(h *roster.Hit) FoundCustomer {
	out := FoundCustomer{ID: h.ID.String(), Number: roster.NumberOf(h.Ordinal), Status: h.Status, Type: h.Type, Country: h.Country, RegisteredAt: h.RegisteredAt,
		LastActivityAt: h.LastActivityAt, Score: int(h.Score)}
	for _, t := range h.Texts {
		switch t.Kind {
		case search.Name:
			out.Name = t.Value
		case search.Preferred:
			out.Preferred = t.Value
		case search.Former:
			out.Former = append(out.Former, t.Value)
		case search.Email:
			out.Email = t.Value
		case search.Phone:
			out.Phone = t.Value
		case search.ExternalID:
			out.ExternalIDs = append(out.ExternalIDs, t.Value)
		case search.City:
			out.Cities = append(out.Cities, t.Value)
		case search.Company:
			out.Companies = append(out.Companies, t.Value)
		case search.Tag:
			out.Tags = append(out.Tags, t.Value)
		}
	}
	for _, m := range h.Matched {
		t := h.Texts[m.Text]
		start := len([]rune(t.Value[:m.Start]))
		out.Matches = append(out.Matches, Match{textFields[t.Kind], t.Value, start, start + len([]rune(t.Value[m.Start:m.End])), ways[m.How]})
	}
	return out
}

func exportedCustomer(h *roster.Hit) *ExportedCustomer {
	c := renderHit(h)
	return &ExportedCustomer{c.Number, c.ID, c.Status, c.Type, c.Name, c.Preferred, c.Email, c.Phone, c.Country, c.Cities, c.Companies, c.ExternalIDs, c.Tags, c.RegisteredAt, c.LastActivityAt}
}

func (r *ExportedCustomer) cells() []string {
	list := func(words []string) string { return inert(strings.Join(words, "; ")) }
	return []string{r.Number, r.ID, r.Status, r.Type, inert(r.Name), inert(r.Preferred), inert(r.Email), inert(r.Phone), inert(r.Country), list(r.Cities), list(r.Companies),
		list(r.ExternalIDs), list(r.Tags), rfc3339(r.RegisteredAt), rfc3339(r.LastActivityAt)}
}
