package authz

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cedar-policy/cedar-go"
	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/fault"
)

var update = flag.Bool("update", false, "write the golden tables anew")

// callers are the columns of the tables: each role, and what a scope adds.
func callers() []Principal {
	var out []Principal
	for _, role := range Roles() {
		out = append(out, Principal{Role: role})
	}
	out = append(out,
		Principal{Role: RoleSupport, Scopes: Scopes()},
		Principal{Role: RoleMarketing, Scopes: Scopes()},
		Principal{Role: RoleAdmin, Scopes: []string{ScopeDateOfBirth}},
		Principal{Role: RoleAdmin, Scopes: []string{ScopeNotify}},
		Principal{Role: RoleService, Scopes: []string{ScopeRead, ScopeDateOfBirth}})
	for _, scope := range Scopes() {
		out = append(out, Principal{Role: RoleService, Scopes: []string{scope}})
	}
	return out
}

func callerName(p Principal) string {
	switch {
	case len(p.Scopes) == len(Scopes()):
		return string(p.Role) + "+every scope"
	case len(p.Scopes) > 0:
		return string(p.Role) + "+" + strings.Join(p.Scopes, "+")
	}
	return string(p.Role)
}

// operationTable writes every decision out, so that a change of a policy shows
// in review as the lines that it changes.
func operationTable(p *Policy) string {
	var b strings.Builder
	b.WriteString("# Who may do what. Columns: about no customer, about oneself, about another customer.\n" +
		"# yes: permitted. purpose: if X-Purpose says what for. no: 403. hidden: 404, as if there were no such customer.\n")
	for _, who := range callers() {
		fmt.Fprintf(&b, "\n%-42s %-7s %-7s %s\n", callerName(who), None, Self, Other)
		for _, action := range Actions() {
			fmt.Fprintf(&b, "  %-40s %-7s %-7s %s\n", action, answer(p, who, action, None), answer(p, who, action, Self), answer(p, who, action, Other))
		}
	}
	return b.String()
}

func answer(p *Policy, who Principal, action Action, rel Relation) string {
	switch err := p.Allow(who, action, rel); {
	case err == nil && p.NeedsPurpose(who, action, rel):
		return "purpose"
	case err == nil:
		return "yes"
	case errors.Is(err, fault.ErrForbidden):
		return "no"
	case errors.Is(err, fault.ErrNotFound):
		return "hidden"
	}
	return "error"
}

// fieldTable writes every mask out.
func fieldTable(p *Policy) string {
	var b strings.Builder
	b.WriteString("# Who sees which fields in the reply to which operation. An operation that is not\n" +
		"# permitted shows nothing and has no line.\n")
	for _, who := range callers() {
		fmt.Fprintf(&b, "\n%s\n", callerName(who))
		for _, purpose := range Actions() {
			for _, rel := range relations {
				if p.Allow(who, purpose, rel) == nil || p.Mask(who, purpose, rel) != 0 {
					fmt.Fprintf(&b, "  %-25s %-6s %v\n", purpose, rel, p.Mask(who, purpose, rel).Fields())
				}
			}
		}
	}
	return b.String()
}

func shipped(t testing.TB) *Policy {
	t.Helper()
	p, err := LoadPolicies(Embedded())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// altered is the shipped policies with one file more or replaced; empty text
// removes the file.
func altered(t *testing.T, name, text string) (*Policy, error) {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(Embedded(), "*.cedar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(Embedded(), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	files[name] = &fstest.MapFile{Data: []byte(text)}
	if text == "" {
		delete(files, name)
	}
	return LoadPolicies(files)
}

func TestTheTablesAreWhatThePoliciesSay(t *testing.T) {
	tables := []struct {
		file   string
		render func(*Policy) string
		extra  string // a policy that the table must notice
	}{
		{"testdata/operations.txt", operationTable,
			`permit (principal == Role::"support", action == Action::"archiveCustomer", resource);`},
		{"testdata/fields.txt", fieldTable,
			`permit (principal == Role::"service", action == Action::"readField", resource == Field::"name");`},
	}
	for _, table := range tables {
		t.Run(table.file, func(t *testing.T) {
			got := table.render(shipped(t))
			if *update {
				if err := os.WriteFile(table.file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(table.file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("policies and table differ; review, then run with -update (-table +policies):\n%s", diff)
			}

			// Control: one permit more does not go unnoticed.
			looser, err := altered(t, "extra.cedar", table.extra)
			if err != nil {
				t.Fatal(err)
			}
			if table.render(looser) == string(want) {
				t.Error("control: the table does not notice an extra permit")
			}
		})
	}
}

func TestWhatNobodyListedIsDenied(t *testing.T) {
	everything, err := altered(t, "extra.cedar", `permit (principal, action, resource);`)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Policy{shipped(t), everything} {
		for _, rel := range append(slices.Clone(relations), 3, 255) {
			for _, role := range append(Roles(), "", "root", "Admin") {
				for _, action := range []Action{"", "readField", "deleteEverything", "GetCustomer"} {
					if p.Allow(Principal{Role: role, Scopes: Scopes()}, action, rel) == nil {
						t.Errorf("%q may do %q", role, action)
					}
					if p.Mask(Principal{Role: role, Scopes: Scopes()}, action, rel) != 0 {
						t.Errorf("%q sees fields for %q", role, action)
					}
				}
			}
			for _, action := range Actions() {
				if p.Allow(Principal{Role: "root", Scopes: Scopes()}, action, rel) == nil {
					t.Errorf("an unknown role may do %q", action)
				}
			}
		}
	}
	// Control: the second set really does permit what is listed.
	if err := everything.Allow(Principal{Role: RoleMarketing}, ArchiveCustomer, Other); err != nil {
		t.Errorf("control: permit-all permits nothing: %v", err)
	}
	for _, rel := range []Relation{3, 255} {
		if everything.Allow(Principal{Role: RoleAdmin}, GetCustomer, rel) == nil {
			t.Errorf("relation %d is permitted", rel)
		}
	}
}

// Checked policies do not err. If one ever does, Cedar skips it, which for a
// forbid is a permit.
func TestAPolicyThatErrsDenies(t *testing.T) {
	decide := func(text string) (bool, []error) {
		parsed, err := cedar.NewPolicySetFromBytes("x.cedar", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		q := sortRules(maps.Collect(parsed.All())).about(caller{role: RoleAdmin}, Other)
		return q.operation(GetCustomer, true), q.errs
	}
	const permit = `permit (principal, action, resource);`
	if allowed, errs := decide(permit + `forbid (principal, action, resource) when { principal.secret == "x" };`); allowed || len(errs) == 0 {
		t.Errorf("a forbid that errs permits (%v)", errs)
	}
	if allowed, errs := decide(permit); !allowed || len(errs) != 0 {
		t.Errorf("control: denied without an error too (%v)", errs)
	}
}

func TestACustomerLearnsNothingOfAnother(t *testing.T) {
	check := func(p *Policy) (failed int) {
		for _, action := range Actions() {
			who := Principal{Role: RoleCustomer, Scopes: Scopes()}
			err := p.Allow(who, action, Other)
			if !errors.Is(err, fault.ErrNotFound) || p.Mask(who, action, Other) != 0 {
				failed++
			}
		}
		return failed
	}
	if n := check(shipped(t)); n != 0 {
		t.Errorf("%d operations tell a customer about another", n)
	}
	// Control: without the limits, one careless permit is found.
	careless, err := altered(t, "limits.cedar", `permit (principal == Role::"customer", action == Action::"getCustomer", resource);`)
	if err != nil {
		t.Fatal(err)
	}
	if check(careless) == 0 {
		t.Error("control: the check does not notice a permit for another customer")
	}
}

func TestSupportNeverSeesADateOfBirth(t *testing.T) {
	leaks := func(p *Policy) (n int) {
		every := scopeSet(1)<<len(scopes) - 1
		for set := range every + 1 {
			if bits.OnesCount64(uint64(set)) > 2 && set != every { // no policy names more than two
				continue
			}
			who := Principal{Role: RoleSupport, Scopes: set.names()}
			for _, purpose := range Actions() {
				for _, rel := range relations {
					if p.Mask(who, purpose, rel).Has(FieldDateOfBirth) {
						n++
					}
				}
			}
		}
		return n
	}
	careless, err := altered(t, "extra.cedar", `permit (principal, action == Action::"readField", resource);`)
	if err != nil {
		t.Fatal(err)
	}
	if n := leaks(careless); n != 0 {
		t.Errorf("%d masks show support a date of birth in spite of the limits", n)
	}
	// Control: it is the limit that withholds it.
	unlimited, err := altered(t, "limits.cedar", "")
	if err != nil {
		t.Fatal(err)
	}
	if leaks(unlimited) == 0 {
		t.Error("control: the check does not notice that the limits are gone")
	}
}

func TestScopesThatNobodyNamesChangeNothing(t *testing.T) {
	p := shipped(t)
	plain := Principal{Role: RoleService, Scopes: []string{ScopeRead}}
	strange := Principal{Role: RoleService, Scopes: []string{"orders", ScopeRead, "", "CUSTOMERS:WRITE", ScopeRead}}
	before := p.known.EstimatedSize()
	for _, action := range Actions() {
		for _, rel := range relations {
			if (p.Allow(plain, action, rel) == nil) != (p.Allow(strange, action, rel) == nil) {
				t.Errorf("%s %s: decided otherwise", action, rel)
			}
		}
	}
	p.known.CleanUp()
	if grew := p.known.EstimatedSize() - before; grew > 1 {
		t.Errorf("%d cached callers for one", grew)
	}
}

func TestWithheldNamesWhatIsHidden(t *testing.T) {
	p := shipped(t)
	for _, c := range []struct {
		who  Principal
		rel  Relation
		want []string
	}{
		{Principal{Role: RoleCustomer}, Self, nil},
		{Principal{Role: RoleCompliance}, Other, nil},
		{Principal{Role: RoleSupport}, Other, []string{"profile.dateOfBirth"}},
		{Principal{Role: RoleAdmin}, Other, []string{"profile.dateOfBirth"}},
		{Principal{Role: RoleAdmin, Scopes: []string{ScopeDateOfBirth}}, Other, nil},
	} {
		if diff := cmp.Diff(c.want, p.Mask(c.who, GetCustomer, c.rel).Withheld()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", callerName(c.who), diff)
		}
	}
	if got := FieldMask(0).Withheld(); !slices.Contains(got, "email") || !slices.Contains(got, "number") {
		t.Errorf("the empty mask withholds only %v", got)
	}
}
