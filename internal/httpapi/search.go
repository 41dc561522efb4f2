package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/roster"
)

// CustomerSearch asks for customers.
type CustomerSearch struct {
	Query     string   `json:"query,omitempty" maxLength:"200" doc:"Names, e-mail addresses, phone numbers, customer numbers, external ids, cities, companies, tags, and parts of them, in any order; every word has to match"`
	Filter    string   `json:"filter,omitempty" maxLength:"4000" doc:"A rule, in the language of segments: docs/rules.md"`
	Sort      string   `json:"sort,omitempty" enum:"relevance,registeredAt,-registeredAt,lastActivityAt,-lastActivityAt,name,-name" doc:"relevance if left out"`
	Collation string   `json:"collation,omitempty" maxLength:"20" doc:"BCP 47: the language that names are ordered as; the answer says whether they are"`
	Facets    []string `json:"facets,omitempty" maxItems:"10" doc:"Fields whose values are counted over all that is found: status, type, country, profile.language, tags, segments, consents.PURPOSE and other fields of text"`
	Saved     string   `json:"saved,omitempty" format:"uuid" doc:"A saved search: what is left out here is taken from it"`
	Limit     int      `json:"limit,omitzero" minimum:"1" maximum:"200" doc:"50 if left out"`
	Cursor    string   `json:"cursor,omitempty" maxLength:"4096" doc:"next of the page before"`
}

// CustomerExport asks for all of them.
type CustomerExport struct {
	Query  string `json:"query,omitempty" maxLength:"200"`
	Filter string `json:"filter,omitempty" maxLength:"4000"`
	Format string `json:"format,omitempty" enum:"jsonl,csv" doc:"jsonl if left out"`
	After  string `json:"after,omitempty" maxLength:"20" doc:"Goes on after this customer number, where an earlier export broke off"`
}

type searchShown struct {
	Body struct {
		Total     int64                   `json:"total" doc:"Exactly, of all pages"`
		Items     []FoundCustomer         `json:"items"`
		Facets    map[string][]FacetCount `json:"facets,omitempty" doc:"By field, the most frequent first; at most 50 of each"`
		Collation string                  `json:"collation,omitempty" doc:"The language that names are ordered as; und: as none, or not yet as what was asked for"`
		Next      string                  `json:"next,omitempty" doc:"The cursor of the next page; absent at the end"`
	} `nameHint:"CustomersFound"`
}

const searchPath, searchExportPath = "/v1/customers/search", "/v1/customers/search/export"

func (s *service) searchRoutes(a *api) {
	tags := []string{"Search"}
	withBody(a, huma.Operation{OperationID: "searchCustomers", Method: http.MethodPost, Path: searchPath, Tags: tags,
		Summary: "Find customers by text, by a rule or both"}, s.searchCustomers)
	op := huma.Operation{OperationID: "exportSearch", Method: http.MethodPost, Path: searchExportPath, Tags: tags,
		Summary: "Export everybody who is found, in the order of registration",
		Description: "What breaks off is cut, so that a whole answer is a whole export; the trailers Customers-Rows and Content-Digest (RFC 9530, sha-256) tell it, too. " +
			"after goes on behind the last row that arrived."}
	op.Responses = map[string]*huma.Response{"200": {Description: "One customer a line", Content: map[string]*huma.MediaType{
		mediaLines: {Schema: a.schema(reflect.TypeFor[ExportedCustomer](), "")}, mediaCSV: {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	withBody(a, op, s.exportSearch)
}

func (s *service) searchCustomers(ctx context.Context, _ *struct{}, body *CustomerSearch) (*searchShown, error) {
	switch {
	case body.Limit == 0:
		body.Limit = 50
	case body.Limit < 0 || body.Limit > 200:
		return nil, invalid("/limit", "invalid_limit", "a page has 1 to 200 customers")
	case len(body.Facets) > 10:
		return nil, invalid("/facets", "too_many", "at most 10 facets")
	}
	q := app.CustomerQuery{Text: body.Query, Filter: body.Filter, Sort: body.Sort, Collation: body.Collation, Facets: body.Facets, Limit: body.Limit}
	call := s.called(ctx, Fresh{}.freshness())
	if body.Saved != "" {
		if err := s.fillIn(ctx, call, body.Saved, &q); err != nil {
			return nil, err
		}
	}
	scope := strings.Join([]string{"search", string(call.Caller.Role), call.Caller.Subject, q.Text, q.Filter, q.Sort, q.Collation}, "\x00")
	if body.Cursor != "" {
		var err error
		if q.After, err = s.cursors.open(scope, body.Cursor); err != nil {
			return nil, err
		}
	}
	found, err := s.app.SearchCustomers(ctx, call, q)
	if err != nil {
		return nil, err
	}
	out := new(searchShown)
	out.Body.Total, out.Body.Collation, out.Body.Items = found.Total, found.Language, make([]FoundCustomer, len(found.Hits))
	for i := range found.Hits {
		out.Body.Items[i] = renderHit(&found.Hits[i])
	}
	for name, counts := range found.Facets {
		if out.Body.Facets == nil {
			out.Body.Facets = map[string][]FacetCount{}
		}
		out.Body.Facets[name] = make([]FacetCount, len(counts))
		for i, c := range counts {
			out.Body.Facets[name][i] = FacetCount(c)
		}
	}
	if found.Next != nil {
		out.Body.Next = s.cursors.seal(scope, found.Next)
	}
	return out, nil
}

// fillIn takes from a saved search what a query leaves out.
func (s *service) fillIn(ctx context.Context, call app.Call, saved string, q *app.CustomerQuery) error {
	id, err := OnSearch{saved}.searchID()
	if err != nil {
		return err
	}
	v, err := s.app.SavedSearch(ctx, call, id)
	if err != nil {
		return err
	}
	kept := v.State.Search
	q.Text, q.Filter = cmp.Or(q.Text, kept.Query), cmp.Or(q.Filter, kept.Filter)
	q.Sort, q.Collation = cmp.Or(q.Sort, kept.Sort), cmp.Or(q.Collation, kept.Collation)
	if len(q.Facets) == 0 {
		q.Facets = kept.Facets
	}
	return nil
}

func (s *service) exportSearch(ctx context.Context, _ *struct{}, body *CustomerExport) (*exportStream, error) {
	after, err := ordinalOf(body.After)
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	out, err := newExport(x, "customers", body.Format, new(ExportedCustomer))
	if err != nil {
		return nil, err
	}
	err = s.app.ExportSearch(ctx, s.called(ctx, Fresh{}.freshness()), app.CustomerQuery{Text: body.Query, Filter: body.Filter}, after,
		func(hits []roster.Hit, through int64) error {
			rows := make([]exported, len(hits))
			for i := range hits {
				rows[i] = exportedCustomer(&hits[i])
			}
			return out.page(rows, through)
		})
	return out.end(ctx, err)
}

// ordinalOf is the place of a customer number, -1 for none.
func ordinalOf(number string) (int64, error) {
	if number == "" {
		return -1, nil
	}
	digits, ok := strings.CutPrefix(number, "C-")
	n, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil || n == 0 {
		return 0, invalid("/after", "invalid_number", "a customer number is like C-00000042")
	}
	return int64(n) - 1, nil
}
