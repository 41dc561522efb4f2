package authz

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// readPolicies parses and checks every policy file. A policy's id is its file
// and line, which is how an error finds its way back to it.
func readPolicies(fsys fs.FS) (rules, error) {
	names, err := fs.Glob(fsys, "*.cedar")
	if err != nil {
		return rules{}, fmt.Errorf("authz: list policies: %w", err)
	}
	check, err := newVocabulary()
	if err != nil {
		return rules{}, err
	}
	found := map[cedar.PolicyID]*cedar.Policy{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return rules{}, fmt.Errorf("authz: read policies: %w", err)
		}
		list, err := cedar.NewPolicyListFromBytes(name, text)
		if err != nil {
			return rules{}, fmt.Errorf("authz: %s: %w", name, err)
		}
		for _, policy := range list {
			id := fmt.Sprintf("%s:%d:%d", name, policy.Position().Line, policy.Position().Column)
			if err := check.policy(id, (*ast.Policy)(policy.AST())); err != nil {
				return rules{}, fmt.Errorf("authz: %s: %w", id, err)
			}
			found[cedar.PolicyID(id)] = policy
		}
	}
	if len(found) == 0 {
		return rules{}, errors.New("authz: no policies found: nobody could do anything")
	}
	return sortRules(found), nil
}

// vocabulary holds every entity that a policy may name. Cedar's validator
// checks types and actions, but accepts any id of a known type, so a misspelt
// scope in a forbid would quietly forbid nothing.
type vocabulary struct {
	types *validate.Validator
	named map[cedar.EntityUID]bool
}

// newVocabulary reads the schema and holds it against the lists in Go: neither
// can gain a word without the other.
func newVocabulary() (*vocabulary, error) {
	text, err := embedded.ReadFile("policies/schema.cedarschema")
	if err != nil {
		return nil, fmt.Errorf("authz: schema: %w", err)
	}
	var parsed schema.Schema
	if err := parsed.UnmarshalCedar(text); err != nil {
		return nil, fmt.Errorf("authz: schema: %w", err)
	}
	words, err := parsed.Resolve()
	if err != nil {
		return nil, fmt.Errorf("authz: schema: %w", err)
	}
	v := &vocabulary{types: validate.New(words), named: knownEntities()}
	if declared := declaredEntities(words); !maps.Equal(declared, v.named) {
		return nil, errors.New("authz: schema.cedarschema and the lists in Go name different things")
	}
	return v, nil
}

func knownEntities() map[cedar.EntityUID]bool {
	named := map[cedar.EntityUID]bool{}
	add := func(t cedar.EntityType, id string) { named[cedar.NewEntityUID(t, cedar.String(id))] = true }
	for _, a := range actions {
		add(typeAction, string(a))
		add(typePurpose, string(a))
	}
	add(typeAction, string(readField))
	for _, s := range scopes {
		add(typeScope, s)
	}
	for f := range fieldGroups {
		add(typeField, Field(f).String())
	}
	for _, r := range relations {
		add(typeRelation, r.String())
	}
	for _, r := range roles {
		add(typeRole, string(r))
	}
	return named
}

// declaredEntities are the entities of the schema. Roles have attributes, which
// an enum cannot have, so the schema names them in a comment only.
func declaredEntities(words *resolved.Schema) map[cedar.EntityUID]bool {
	declared := map[cedar.EntityUID]bool{}
	for uid := range words.Actions {
		declared[uid] = true
	}
	for _, enum := range words.Enums {
		for _, uid := range enum.Values {
			declared[uid] = true
		}
	}
	for _, r := range roles {
		declared[cedar.NewEntityUID(typeRole, cedar.String(r))] = true
	}
	return declared
}

func (v *vocabulary) policy(id string, p *ast.Policy) error {
	for _, uid := range namedIn(p) {
		if !v.named[uid] {
			return fmt.Errorf("%s does not exist", uid)
		}
	}
	return v.types.Policy(id, p)
}

// namedIn lists the entities that a policy names, in its scope and conditions.
func namedIn(p *ast.Policy) []cedar.EntityUID {
	var uids []cedar.EntityUID
	for _, scope := range []any{p.Principal, p.Action, p.Resource} {
		switch s := scope.(type) {
		case ast.ScopeTypeEq:
			uids = append(uids, s.Entity)
		case ast.ScopeTypeIn:
			uids = append(uids, s.Entity)
		case ast.ScopeTypeInSet:
			uids = append(uids, s.Entities...)
		case ast.ScopeTypeIsIn:
			uids = append(uids, s.Entity)
		}
	}
	for _, condition := range p.Conditions {
		ast.Inspect(ast.NewNode(condition.Body), func(n ast.IsNode) bool {
			if literal, ok := n.(ast.NodeValue); ok {
				if uid, ok := literal.Value.(cedar.EntityUID); ok {
					uids = append(uids, uid)
				}
			}
			return true
		})
	}
	return uids
}
