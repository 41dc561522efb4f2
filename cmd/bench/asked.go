package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/search"
)

const pageOf = 20

// asked is one question, for both sides: a page of the first 20, and how many
// there are in all.
type asked struct {
	query      roster.Query
	filter     string // of the query, not compiled yet
	statements []statement
	meant      uint32 // who was misspelt
}

// statement is one of those that PostgreSQL is asked for a question.
type statement struct {
	sql  string
	args []any
}

// kind is a kind of question: of makes one with what somebody has, and may find
// nothing to ask about.
type kind struct {
	name  string
	of    func(r *rand.Rand, p *crowd.Person) (asked, bool)
	typo  bool
	exact bool // both sides mean just the same by it
}

var kinds = []kind{
	{name: "full name", of: func(_ *rand.Rand, p *crowd.Person) (asked, bool) {
		n := p.State.Name
		return byName(n.Given + " " + n.Family), n.Given != "" && n.Middle == "" && letters(n.Family) >= 3
	}},
	{name: "surname of many", of: func(r *rand.Rand, _ *crowd.Person) (asked, bool) { return byName(of(r, shared)), true }},
	{name: "start of a name", of: func(_ *rand.Rand, p *crowd.Person) (asked, bool) {
		text := cut(p.State.Name.Family, 0, 4)
		return found(text, `(name ILIKE $1 OR name ILIKE $2)`, `similarity(name, $3) DESC, id`, text+"%", "% "+text+"%", text), letters(p.State.Name.Family) >= 5
	}},
	{name: "inside of a name", of: func(_ *rand.Rand, p *crowd.Person) (asked, bool) {
		return byName(cut(p.State.Name.Family, 1, 5)), letters(p.State.Name.Family) >= 6
	}},
	{name: "name with a typo", typo: true, of: func(r *rand.Rand, p *crowd.Person) (asked, bool) {
		text := misspelt(r, p.State.Name.Family)
		a := found(text, `$1 <% name`, `word_similarity($1, name) DESC, id`, text)
		a.meant = p.Ordinal
		return a, letters(p.State.Name.Family) >= 6 && text != p.State.Name.Family
	}},
	{name: "part of an e-mail", of: func(r *rand.Rand, p *crowd.Person) (asked, bool) {
		local, _, _ := strings.Cut(p.State.Email.Address, "@")
		text := local[:max(len(local)-r.IntN(3), 0)]
		return found(text, `email ILIKE $1`, `similarity(email, $2) DESC, id`, "%"+text+"%", text), len(text) >= 6
	}},
	{name: "end of a phone number", of: func(_ *rand.Rand, p *crowd.Person) (asked, bool) {
		number := p.State.Phone.Number
		text := number[max(len(number)-6, 0):]
		return found(text, `phone LIKE $1`, `id`, "%"+text), len(number) > 6
	}},
	{name: "customer number", of: func(_ *rand.Rand, p *crowd.Person) (asked, bool) {
		text := roster.NumberOf(p.Ordinal)
		return found(text, `number = $1`, `id`, text), true
	}},
	{name: "two words", of: func(_ *rand.Rand, p *crowd.Person) (asked, bool) {
		n := p.State.Name
		one, other := cut(n.Given, 0, 3), cut(n.Family, 0, 4)
		return found(one+" "+other, `name ILIKE $1 AND name ILIKE $2`, `similarity(name, $3) DESC, id`, "%"+one+"%", "%"+other+"%", one+" "+other), letters(n.Given) >= 3 && letters(n.Family) >= 4
	}},
	{name: "filter", exact: true, of: func(r *rand.Rand, _ *crowd.Person) (asked, bool) { return filtered(of(r, lands)), true }},
	{name: "text and filter", of: func(r *rand.Rand, _ *crowd.Person) (asked, bool) {
		text, land, _ := strings.Cut(of(r, local), " ")
		a := found(text, `name ILIKE $1 AND country = $2 AND orders >= 3`, `similarity(name, $3) DESC, id`, "%"+text+"%", land, text)
		a.filter = filter(land)
		return a, true
	}},
	{name: "by name", exact: true, of: func(r *rand.Rand, _ *crowd.Person) (asked, bool) { return sorted(of(r, lands)), true }},
	{name: "facets", of: func(r *rand.Rand, _ *crowd.Person) (asked, bool) { return faceted(of(r, shared)), true }},
}

// Surnames that many share, of every kind of language, with a country where they
// do, and countries.
var (
	local  = []string{"Müller DE", "Schmidt DE", "García ES", "Martin FR", "Rossi IT", "Smith US", "Smith GB", "Johnson US"}
	shared = strings.Fields("Müller Schmidt García Martin Rossi Silva Nguyễn Kim Smith Johnson Kowalski Hansen")
	lands  = strings.Fields("DE US FR GB ES IT")
)

const shown = `id, number, name, email, phone, status, country, registered_at, active_at`

// found is a text, the best match first.
func found(text, where, order string, args ...any) asked {
	return asked{query: roster.Query{Text: text, Kinds: search.All, Limit: pageOf},
		statements: []statement{{fmt.Sprintf(`SELECT %s, count(*) OVER () FROM customers WHERE %s ORDER BY %s LIMIT %d`, shown, where, order, pageOf), args}}}
}

func byName(text string) asked {
	return found(text, `name ILIKE $1`, `similarity(name, $2) DESC, id`, "%"+text+"%", text)
}

func filter(land string) string {
	return fmt.Sprintf(`customer.country == %q && customer.orders.count >= 3`, land)
}

func filtered(land string) asked {
	const where = ` FROM customers WHERE country = $1 AND orders >= 3`
	return asked{query: roster.Query{Limit: pageOf}, filter: filter(land),
		statements: []statement{{`SELECT ` + shown + where + ` ORDER BY registered_at, id LIMIT 20`, []any{land}}, {`SELECT count(*)` + where, []any{land}}}}
}

func sorted(land string) asked {
	const where = ` FROM customers WHERE country = $1`
	return asked{query: roster.Query{Limit: pageOf, Sort: roster.ByName, Collation: roster.Root}, filter: fmt.Sprintf(`customer.country == %q`, land),
		statements: []statement{{`SELECT ` + shown + where + ` ORDER BY sorted, id LIMIT 20`, []any{land}}, {`SELECT count(*)` + where, []any{land}}}}
}

func faceted(text string) asked {
	a := byName(text)
	for _, name := range []string{"country", "status", "profile.language", "tags"} {
		f, _ := roster.ParseFacet(name)
		a.query.Facets = append(a.query.Facets, f)
	}
	like := []any{"%" + text + "%"}
	a.statements = append(a.statements, statement{`SELECT country, status, language, count(*) FROM customers WHERE name ILIKE $1 GROUP BY GROUPING SETS ((country), (status), (language))`, like},
		statement{`SELECT tag, count(*) FROM customers, unnest(tags) AS tag WHERE name ILIKE $1 GROUP BY tag ORDER BY 2 DESC LIMIT 50`, like})
	return a
}

// misspelt turns two letters behind the first one round.
func misspelt(r *rand.Rand, name string) string {
	text := []rune(strings.ToLower(name))
	if len(text) < 4 {
		return name
	}
	at := 1 + r.IntN(len(text)-2)
	if text[at] == text[at+1] {
		return name
	}
	text[at], text[at+1] = text[at+1], text[at]
	return string(text)
}

func cut(name string, from, to int) string {
	text := []rune(name)
	return string(text[min(from, len(text)):min(to, len(text))])
}

func letters(name string) int { return len([]rune(name)) }

func of[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// day is a date of birth for PostgreSQL.
func day(text string) any {
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at
	}
	return nil
}
