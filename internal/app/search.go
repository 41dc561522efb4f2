package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/search"
)

// CustomerQuery asks for customers.
type CustomerQuery struct {
	Text      string
	Filter    string // a rule; "": none
	Sort      string // relevance, registeredAt, lastActivityAt or name, after "-" the other way round; "" is relevance
	Collation string // the language that names are ordered as, BCP 47; "" is none
	Facets    []string
	After     *roster.Mark
	Limit     int
}

// CustomersFound is a page of what was found, as far as the caller may see it.
type CustomersFound struct {
	roster.Found
	Language string // that names are ordered as, "und" as none; "" where they do not order it
	Mask     authz.FieldMask
}

// textGroups are what a caller must be allowed to see to find by a kind of text.
var textGroups = map[search.Kind]authz.Field{search.Name: authz.FieldName, search.Preferred: authz.FieldName, search.Former: authz.FieldName,
	search.Email: authz.FieldContact, search.Phone: authz.FieldContact, search.Number: authz.FieldIdentity, search.ExternalID: authz.FieldExternalIDs,
	search.City: authz.FieldAddresses, search.Company: authz.FieldAddresses, search.Tag: authz.FieldTags}

// findable are the kinds of texts that a mask lets a caller find by: whoever is
// found by something is known to have it.
func findable(mask authz.FieldMask) (kinds search.Kinds) {
	for kind, group := range textGroups {
		if mask.Has(group) {
			kinds |= search.Of(kind)
		}
	}
	return kinds
}

// sorts are the orders, and what a caller must be allowed to see for them.
var sorts = map[string]struct {
	by    roster.Sort
	group authz.Field
}{
	"": {roster.ByRelevance, authz.FieldIdentity}, "relevance": {roster.ByRelevance, authz.FieldIdentity}, "registeredAt": {roster.ByRegistration, authz.FieldIdentity},
	"lastActivityAt": {roster.ByActivity, authz.FieldActivity}, "name": {roster.ByName, authz.FieldName},
}

// SearchCustomers finds customers by text, filter or both, exactly: nobody who
// fulfils the query is missing, as of everything that was committed before the
// call. Who is on the page is on record before it is given.
func (a *App) SearchCustomers(ctx context.Context, c Call, in CustomerQuery) (CustomersFound, error) {
	out, err := a.search(ctx, &c, authz.SearchCustomers, &in)
	if err != nil {
		return CustomersFound{}, err
	}
	about := roaring.New()
	for i := range out.Hits {
		about.Add(out.Hits[i].Ordinal)
	}
	return out, a.auditMany(ctx, &c, authz.SearchCustomers, out.Mask, about)
}

func (a *App) search(ctx context.Context, c *Call, action authz.Action, in *CustomerQuery) (CustomersFound, error) {
	mask, err := a.overAll(ctx, c, action)
	if err != nil {
		return CustomersFound{}, err
	}
	q, err := a.query(in, mask)
	if err != nil {
		return CustomersFound{}, err
	}
	out := CustomersFound{Found: c.people.Find(q, a.Clock()), Mask: mask}
	if out.TooLong {
		return out, tooLong("/filter")
	}
	if out.Unordered {
		return out, fault.ErrOrderNotMade.After(orderWait)
	}
	a.withholdCounts(&out.Found, mask)
	if q.Sort == roster.ByName {
		out.Language = orderedAs(in.Collation, out.Found.Collation)
	}
	for i := range out.Hits {
		withhold(&out.Hits[i], mask)
	}
	return out, nil
}

// query checks what is asked, and that the caller may ask it.
func (a *App) query(in *CustomerQuery, mask authz.FieldMask) (roster.Query, error) {
	q := roster.Query{Text: strings.TrimSpace(in.Text), Kinds: findable(mask), After: in.After, Limit: in.Limit, Collation: in.Collation}
	var wrong []fault.Field
	if utf8.RuneCountInString(q.Text) > search.MaxRunes || search.Words(q.Text) > search.MaxWords {
		wrong = append(wrong, fault.Field{Pointer: "/query", Code: "too_long", Msg: fmt.Sprintf("at most %d characters and %d words", search.MaxRunes, search.MaxWords)})
	}
	if in.Filter != "" {
		var err error
		if q.Filter, err = a.compile(in.Filter, mask); err != nil {
			return q, pointTo("/filter", err)
		}
	}
	name, descending := strings.CutPrefix(in.Sort, "-")
	if s, known := sorts[name]; known && (!descending || s.by != roster.ByRelevance) && mask.Has(s.group) {
		q.Sort, q.Descending = s.by, descending
	} else {
		wrong = append(wrong, fault.Field{Pointer: "/sort", Code: "invalid_sort", Msg: "relevance, or registeredAt, lastActivityAt or name, each after a - the other way round; by what you may see"})
	}
	if q.Collation, _ = roster.CollationOf(in.Collation); in.After != nil {
		q.Collation = cmp.Or(in.After.Collation, q.Collation)
	}
	in.Facets = slices.Compact(slices.Sorted(slices.Values(in.Facets)))
	if len(in.Facets) > maxFacets {
		return q, fault.ErrInvalid.At(fault.Field{Pointer: "/facets", Code: "too_many", Msg: fmt.Sprintf("at most %d facets", maxFacets)})
	}
	if len(in.Collation) > 35 { // BCP 47, 4.4.1: what software has to keep
		return q, fault.ErrInvalid.At(fault.Field{Pointer: "/collation", Code: "too_long", Msg: "a language has at most 35 characters"})
	}
	for _, name := range in.Facets {
		f, ok := roster.ParseFacet(name)
		if group, known := authz.ParseField(f.Field.Field().Group); !ok || !known || !mask.Has(group) || f.Field.Key != "" && a.Purposes.Find(f.Field.Key) == nil {
			wrong = append(wrong, fault.Field{Pointer: "/facets", Code: "invalid_facet", Msg: "facets are fields of text that you may see, such as status, type, country, profile.language, tags, segments, consents.PURPOSE"})
			break
		}
		q.Facets = append(q.Facets, f)
	}
	if len(wrong) > 0 {
		return q, fault.ErrInvalid.At(wrong...)
	}
	return q, nil
}

// orderWait is how long an order of many names may take to be made.
const orderWait = 2 * time.Second

// orderedAs tells the language of an order: the one that was asked for, if it is
// ordered so.
func orderedAs(asked, collation string) string {
	if own, known := roster.CollationOf(asked); own == collation {
		return known
	}
	return collation
}

// tooLong is why a rule is not asked of everybody while all wait.
func tooLong(pointer string) error {
	return fault.ErrInvalid.At(fault.Field{Pointer: pointer, Code: rule.CodeTooCostly, Msg: "the rule takes too long over all customers: its loops and regular expressions are asked of each"})
}

// maxFacets is how many facets one question counts.
const maxFacets = 10

// pointTo says where in the request a rule is that does not compile.
func pointTo(pointer string, err error) error {
	f := fault.From(err)
	fields := slices.Clone(f.Fields)
	for i := range fields {
		if fields[i].Pointer == rule.Pointer {
			fields[i].Pointer = pointer
		}
	}
	if len(fields) == 0 {
		return err
	}
	return fault.ErrInvalid.At(fields...)
}

// withhold leaves out of a hit what the mask hides: what matched is among what
// is shown, since nobody is found by what he may not see.
func withhold(h *roster.Hit, mask authz.FieldMask) {
	place := make([]int, len(h.Texts))
	shown := make([]search.Text, 0, len(h.Texts))
	for i, t := range h.Texts {
		place[i] = -1
		if mask.Has(textGroups[t.Kind]) {
			place[i] = len(shown)
			shown = append(shown, t)
		}
	}
	matched := make([]search.Highlighted, 0, len(h.Matched))
	for _, m := range h.Matched {
		if place[m.Text] >= 0 {
			m.Text = place[m.Text]
			matched = append(matched, m)
		}
	}
	h.Texts, h.Matched = shown, matched
	if !mask.Has(authz.FieldAddresses) {
		h.Country = ""
	}
	if !mask.Has(authz.FieldActivity) {
		h.LastActivityAt = time.Time{}
	}
}
