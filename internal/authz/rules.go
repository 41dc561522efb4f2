package authz

import (
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// rules are policies by the actions that their scope names, so that a question
// meets those alone that could answer it: a start asks tens of thousands.
type rules struct {
	named map[Action]*cedar.PolicySet
	rest  *cedar.PolicySet // for an action that no scope names
}

// sortRules puts each policy where its action is.
func sortRules(policies map[cedar.PolicyID]*cedar.Policy) rules {
	r := rules{named: map[Action]*cedar.PolicySet{}, rest: cedar.NewPolicySet()}
	for _, action := range append(slices.Clone(actions), readField) {
		r.named[action] = cedar.NewPolicySet()
	}
	for id, policy := range policies {
		uids, any := actionsOf(policy)
		for action, set := range r.named {
			if any || slices.Contains(uids, cedar.NewEntityUID(typeAction, cedar.String(action))) {
				set.Add(id, policy)
			}
		}
		if any {
			r.rest.Add(id, policy)
		}
	}
	return r
}

// actionsOf gives the actions that a policy's scope names. Any is true if it
// names none, or is of a form that is not known here: Cedar then decides.
func actionsOf(policy *cedar.Policy) (named []cedar.EntityUID, any bool) {
	switch scope := (*ast.Policy)(policy.AST()).Action.(type) {
	case ast.ScopeTypeEq:
		return []cedar.EntityUID{scope.Entity}, false
	case ast.ScopeTypeInSet:
		return scope.Entities, false // actions have no groups in the schema
	}
	return nil, true
}

func (r rules) on(action Action) *cedar.PolicySet {
	if set, ok := r.named[action]; ok {
		return set
	}
	return r.rest
}
