package rule

import (
	"strings"
	"testing"

	"github.com/acme/customers/internal/fault"
)

// What is refused is refused with places and codes, and repeats nothing; what
// compiles answers, and the same in all its ways.
func FuzzCompile(f *testing.F) {
	const secret = "zq7Ada"
	for _, seed := range [][2]string{
		{`customer.country == "`, `"`}, {``, `.x`}, {`customer.`, ` > 1`}, {`customer.tags.exists(`, `, true)`}, {`"`, ``}, {`customer.tags.all(t, t != '`, `')`},
		{`customer.consents["`, `"] == "granted"`}, {`customer.attributes.`, ` == 1`}, {`customer.age in ["`, `"]`}, {`duration("`, `") > now - customer.registeredAt`},
		{`customer.country.matches("`, `(")`}, {`Customer{`, `: 1}`}, {`b"`, `" == b""`}, {`[`, `][0]`}, {`// `, "\ntrue"}, {"`", "`"}, {`"\`, `"`}, {`has(`, `)`}, {`-`, ``}, {`1.`, ``},
	} {
		f.Add(seed[0], seed[1])
	}
	l := testLanguage(f)
	f.Fuzz(func(t *testing.T, before, after string) {
		r, err := l.Compile(before + secret + after)
		if err == nil {
			all := people{ada, nobody}
			selectsWhatMatches(t, r, all, all, noon)
			if x := r.Explain(ada, noon, everything); x.Matches != r.Match(ada, noon) {
				t.Errorf("%s: explained otherwise", r.Source())
			}
			return
		}
		found := fault.From(err)
		if found.Code != fault.ErrInvalid.Code || len(found.Fields) == 0 {
			t.Fatalf("%q: %v", before+after, err)
		}
		for _, field := range found.Fields {
			if strings.Contains(strings.ToLower(field.Msg), strings.ToLower(secret)) || field.Code == "" {
				t.Errorf("%q: %+v", before+after, field)
			}
		}
	})
}
