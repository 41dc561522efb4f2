package authz

import (
	"fmt"

	"github.com/cedar-policy/cedar-go"
)

// Names of the schema (policies/schema.cedarschema).
const (
	typeAction   cedar.EntityType = "Action"
	typeRole     cedar.EntityType = "Role"
	typeScope    cedar.EntityType = "Scope"
	typeCustomer cedar.EntityType = "Customer"
	typeRelation cedar.EntityType = "Relation"
	typeField    cedar.EntityType = "Field"
	typePurpose  cedar.EntityType = "Purpose"

	readField Action = "readField" // not an operation, and so not in Actions
)

// question puts single questions about one caller to the policies.
type question struct {
	rules *cedar.PolicySet
	who   caller
	errs  []error
}

// operation asks whether the caller may do the action.
func (q *question) operation(action Action, rel Relation) bool {
	return q.ask(action, customerUID, rel, cedar.NewRecord(nil))
}

// field asks whether the caller may see the group in the reply to an operation.
func (q *question) field(f Field, purpose Action, rel Relation) bool {
	return q.ask(readField, cedar.NewEntityUID(typeField, cedar.String(f.String())), rel, cedar.NewRecord(cedar.RecordMap{
		"purpose":  cedar.NewEntityUID(typePurpose, cedar.String(purpose)),
		"relation": cedar.NewEntityUID(typeRelation, cedar.String(rel.String())),
	}))
}

// customerUID is the same for every customer: policies decide by relation.
var customerUID = cedar.NewEntityUID(typeCustomer, "any")

// ask denies when any policy errs. Cedar itself skips such a policy, and a
// forbid that is skipped would permit.
func (q *question) ask(action Action, resource cedar.EntityUID, rel Relation, ctx cedar.Record) bool {
	role := cedar.NewEntityUID(typeRole, cedar.String(q.who.role))
	var held []cedar.Value
	for _, name := range q.who.scopes.names() {
		held = append(held, cedar.NewEntityUID(typeScope, cedar.String(name)))
	}
	decision, diagnostic := cedar.Authorize(q.rules, cedar.EntityMap{
		role: {UID: role, Attributes: cedar.NewRecord(cedar.RecordMap{"scopes": cedar.NewSet(held...)})},
		customerUID: {UID: customerUID, Attributes: cedar.NewRecord(cedar.RecordMap{
			"relation": cedar.NewEntityUID(typeRelation, cedar.String(rel.String()))})},
	}, cedar.Request{
		Principal: role,
		Action:    cedar.NewEntityUID(typeAction, cedar.String(action)),
		Resource:  resource,
		Context:   ctx,
	})
	for _, e := range diagnostic.Errors {
		q.errs = append(q.errs, fmt.Errorf("policy %s errs", e.PolicyID))
	}
	return bool(decision) && len(diagnostic.Errors) == 0
}
