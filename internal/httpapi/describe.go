package httpapi

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// described is an operation as the document has it.
func (a *api) described(op huma.Operation) *huma.Operation {
	for method, found := range operations(a.huma.OpenAPI().Paths[op.Path]) {
		if method == op.Method {
			return found
		}
	}
	return &huma.Operation{Responses: map[string]*huma.Response{}} // a hidden one
}

func (a *api) schema(t reflect.Type, hint string) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(t, true, hint)
}

// describeBody adds the body that huma was not told of.
func (a *api) describeBody(op huma.Operation, media []string, t reflect.Type, required bool) {
	s := a.schema(t, op.OperationID+"Request")
	a.closeSchema(s)
	body := &huma.RequestBody{Required: required, Content: map[string]*huma.MediaType{}}
	for _, m := range media {
		body.Content[m] = &huma.MediaType{Schema: s}
	}
	a.described(op).RequestBody = body
}

// also adds answers beside the usual one.
func (a *api) also(op huma.Operation, status, description string) {
	a.described(op).Responses[status] = &huma.Response{Description: description}
}

// closeSchema says of objects that are sent to us what the strict decoder
// does: nothing is allowed that is not listed.
func (a *api) closeSchema(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Ref != "" {
		s = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	if s.Properties != nil {
		if s.AdditionalProperties == false {
			return // and so is what it refers to
		}
		s.AdditionalProperties = false
	}
	for _, p := range s.Properties {
		a.closeSchema(p)
	}
	for _, p := range s.OneOf {
		a.closeSchema(p)
	}
	a.closeSchema(s.Items)
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		a.closeSchema(values)
	}
}
