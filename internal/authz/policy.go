package authz

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/maypok86/otter/v2"

	"github.com/acme/customers/internal/fault"
)

//go:embed policies
var embedded embed.FS

// Embedded are the policies that are shipped.
func Embedded() fs.FS {
	sub, err := fs.Sub(embedded, "policies")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

// Policy decides. It is made once at start and does not change; a new set of
// policies takes a restart. Safe for concurrent use.
type Policy struct {
	rules rules
	known *otter.Cache[caller, *grants]
}

// caller is all of a principal that a policy can see.
type caller struct {
	role   Role
	scopes scopeSet
}

// A deployment has a handful of programs and so of scope sets; the bound is
// there for an issuer that invents them.
const maxCallers = 1024

// LoadPolicies reads every *.cedar file at the top of fsys, which is
// [Embedded] or a directory that replaces it as a whole.
//
// It fails on a folder without policies, on a parse error, on whatever the
// schema does not allow (a misspelt role, action, field, scope or relation),
// and on a policy that errs when it is evaluated for any role: a program that
// starts has policies that mean something.
func LoadPolicies(fsys fs.FS) (*Policy, error) {
	rules, err := readPolicies(fsys)
	if err != nil {
		return nil, err
	}
	cache, err := otter.New(&otter.Options[caller, *grants]{MaximumSize: maxCallers})
	if err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	p := &Policy{rules: rules, known: cache}
	for _, role := range roles {
		for _, set := range []scopeSet{0, knownScopes(scopes)} {
			if g := p.decideAll(caller{role, set}); g.err != nil {
				return nil, fmt.Errorf("authz: %w", g.err)
			}
		}
	}
	return p, nil
}

// Allow is nil if the principal may do the action, and say what for where
// NeedsPurpose. Otherwise it is
// fault.ErrForbidden, or, for a customer that reaches for another customer,
// fault.ErrNotFound: what it may not know of answers like what is not there,
// whichever the action.
func (p *Policy) Allow(who Principal, action Action, rel Relation) error {
	if p.grants(who).allows(action, rel) {
		return nil
	}
	if who.Role == RoleCustomer && rel == Other {
		return fault.ErrNotFound
	}
	return fault.ErrForbidden
}

// NeedsPurpose tells whether the principal may do the action only if it says
// what for.
func (p *Policy) NeedsPurpose(who Principal, action Action, rel Relation) bool {
	return p.grants(who).needsPurpose(action, rel)
}

// Mask is what the principal may see in the reply to the operation named as the
// purpose. It is empty if the operation itself is denied. One mask serves a
// whole request; it does not depend on the customer shown.
func (p *Policy) Mask(who Principal, purpose Action, rel Relation) FieldMask {
	return p.grants(who).mask(purpose, rel)
}

// grants finds the decisions for a principal or makes them. Two requests that
// find none at the same time both make them, with the same outcome.
func (p *Policy) grants(who Principal) *grants {
	key := caller{who.Role, knownScopes(who.Scopes)}
	if g, ok := p.known.GetIfPresent(key); ok {
		return g
	}
	g := p.decideAll(key)
	p.known.Set(key, g)
	return g
}

// grants are all decisions for one caller. There are few callers and few
// actions, so all are made at once (some milliseconds) and looked up after.
type grants struct {
	allowed [3][]bool      // by relation, then action
	why     [3][]bool      // of these, those that need a purpose
	shown   [3][]FieldMask // by relation, then purpose
	err     error          // what a policy failed with; the decision is then a denial
}

func (g *grants) allows(action Action, rel Relation) bool {
	i, known := actionIndex[action]
	return known && int(rel) < len(g.allowed) && g.allowed[rel][i]
}

func (g *grants) needsPurpose(action Action, rel Relation) bool {
	i, known := actionIndex[action]
	return known && int(rel) < len(g.why) && g.why[rel][i]
}

func (g *grants) mask(purpose Action, rel Relation) FieldMask {
	i, known := actionIndex[purpose]
	if !known || int(rel) >= len(g.shown) {
		return 0
	}
	return g.shown[rel][i]
}

func (p *Policy) decideAll(who caller) *grants {
	g := &grants{}
	for _, rel := range relations {
		g.allowed[rel] = make([]bool, len(actions))
		g.why[rel] = make([]bool, len(actions))
		g.shown[rel] = make([]FieldMask, len(actions))
		if !slices.Contains(roles, who.role) {
			continue // not even a policy that permits everybody means nobody we know
		}
		ask := p.rules.about(who, rel)
		for i, action := range actions {
			if !ask.operation(action, true) {
				continue
			}
			g.allowed[rel][i], g.why[rel][i] = true, !ask.operation(action, false)
			g.shown[rel][i] = ask.fields(action)
		}
		g.err = errors.Join(append(ask.errs, g.err)...)
	}
	return g
}
