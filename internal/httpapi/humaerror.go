package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/fault"
)

// replaceHumaErrors makes every refusal of huma one of ours. huma knows only a
// global for that; it is set once, before the first route.
var replaceHumaErrors = sync.OnceFunc(func() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		p := problemOf(ctx.Context(), humaFault(ctx.Operation(), status, errs))
		for name, values := range p.GetHeaders() {
			ctx.SetHeader(name, values[0])
		}
		return p
	}
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return problemOf(context.Background(), humaFault(nil, status, errs))
	}
	huma.DefaultArrayNullable = false // an empty list is [], and null is refused
})

// humaFault keeps of huma's errors where they are, if that is a parameter that
// we declared. Their texts and values are dropped: they echo what was sent.
func humaFault(op *huma.Operation, status int, errs []error) error {
	var fields []fault.Field
	for _, err := range errs {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return f
		}
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			fields = append(fields, parameterField(op, d.Location))
		}
	}
	switch {
	case slices.ContainsFunc(fields, func(f fault.Field) bool { return f.Code == "path" }):
		return fault.ErrNotFound // what cannot be an id names nothing
	case status == http.StatusUnprocessableEntity, status == http.StatusBadRequest:
		return fault.ErrInvalid.At(fields...)
	case status == http.StatusUnsupportedMediaType:
		return fault.ErrUnsupported
	case status == http.StatusRequestEntityTooLarge:
		return fault.ErrTooLarge
	}
	return fault.ErrInternal.With(errHuma)
}

// errHuma is all that the log learns: huma's own text may hold values.
var errHuma = errors.New("httpapi: the framework failed")

func parameterField(op *huma.Operation, location string) fault.Field {
	in, name, _ := strings.Cut(location, ".")
	if in == "path" {
		return fault.Field{Code: "path"}
	}
	if op == nil || !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == in && p.Name == name }) {
		return fault.Field{Pointer: parameter, Code: "unknown_parameter", Msg: "there is no such parameter"}
	}
	return fault.Field{Pointer: parameter + name, Code: "invalid_parameter", Msg: "this parameter is missing or has not the form that is documented"}
}
