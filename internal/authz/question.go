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

// question puts questions about one caller in one relation to the policies.
type question struct {
	rules    rules
	role     cedar.EntityUID
	relation cedar.EntityUID
	entities cedar.EntityMap
	errs     []error
}

func (r rules) about(who caller, rel Relation) *question {
	q := &question{rules: r, role: cedar.NewEntityUID(typeRole, cedar.String(who.role)),
		relation: cedar.NewEntityUID(typeRelation, cedar.String(rel.String()))}
	var held []cedar.Value
	for _, name := range who.scopes.names() {
		held = append(held, cedar.NewEntityUID(typeScope, cedar.String(name)))
	}
	q.entities = cedar.EntityMap{
		q.role:      {UID: q.role, Attributes: cedar.NewRecord(cedar.RecordMap{"scopes": cedar.NewSet(held...)})},
		customerUID: {UID: customerUID, Attributes: cedar.NewRecord(cedar.RecordMap{"relation": q.relation})},
	}
	return q
}

// operation asks whether the caller may do the action, having said what for or
// not.
func (q *question) operation(action Action, saysWhy bool) bool {
	return q.ask(action, customerUID, cedar.NewRecord(cedar.RecordMap{"saysWhy": cedar.Boolean(saysWhy)}))
}

// fields asks which groups the caller may see in the reply to an operation.
func (q *question) fields(purpose Action) (shown FieldMask) {
	ctx := cedar.NewRecord(cedar.RecordMap{
		"purpose":  cedar.NewEntityUID(typePurpose, cedar.String(purpose)),
		"relation": q.relation,
	})
	for f := range fieldGroups {
		if q.ask(readField, cedar.NewEntityUID(typeField, cedar.String(Field(f).String())), ctx) {
			shown |= 1 << f
		}
	}
	return shown
}

// customerUID is the same for every customer: policies decide by relation.
var customerUID = cedar.NewEntityUID(typeCustomer, "any")

// ask denies when any policy errs. Cedar itself skips such a policy, and a
// forbid that is skipped would permit.
func (q *question) ask(action Action, resource cedar.EntityUID, ctx cedar.Record) bool {
	decision, diagnostic := cedar.Authorize(q.rules.on(action), q.entities, cedar.Request{
		Principal: q.role,
		Action:    cedar.NewEntityUID(typeAction, cedar.String(action)),
		Resource:  resource,
		Context:   ctx,
	})
	for _, e := range diagnostic.Errors {
		q.errs = append(q.errs, fmt.Errorf("policy %s errs", e.PolicyID))
	}
	return bool(decision) && len(diagnostic.Errors) == 0
}
