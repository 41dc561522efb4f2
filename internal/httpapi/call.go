package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
)

// The parts of inputs are exported only because huma does not look into
// unexported embedded structs.

// OnCustomer is the input of an operation on one customer.
type OnCustomer struct {
	ID string `path:"id" format:"uuid" doc:"The customer's id"`
}

// customerID refuses whatever is no plain UUID like an id that is not there.
func (in OnCustomer) customerID() (uuid.UUID, error) {
	id, err := uuid.Parse(in.ID)
	if err != nil || len(in.ID) != 36 {
		return uuid.Nil, fault.ErrNotFound
	}
	return id, nil
}

// Fresh is the input of a read that may be told to wait less.
type Fresh struct {
	MinPosition  int64  `query:"minPosition" minimum:"0" doc:"A Customers-Position that the answer must include; without it, everything that was committed before the request"`
	CacheControl string `header:"Cache-Control" doc:"max-age=SECONDS accepts an answer of that age"`
}

func (f Fresh) freshness() index.Freshness {
	out := index.Freshness{MinPosition: f.MinPosition}
	for directive := range strings.SplitSeq(f.CacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if seconds, err := strconv.ParseUint(value, 10, 31); err == nil && strings.EqualFold(name, "max-age") {
			out.MaxAge = time.Duration(seconds) * time.Second
		}
	}
	return out
}

// Once is the input of a change that may be sent again.
type Once struct {
	IdempotencyKey string `header:"Idempotency-Key" doc:"1 to 255 visible ASCII characters. The same request with the same key takes effect once, within 24 hours"`
}

// Matching is the input of a change of something that has a version.
type Matching struct {
	IfMatch string `header:"If-Match" doc:"The ETag that the change is for; 412 if the customer has moved on"`
}

// called is the call of a read.
func (s *service) called(ctx context.Context, f index.Freshness) app.Call {
	x := exchangeOf(ctx)
	return app.Call{Caller: x.principal, Source: source(x), Trace: x.traceID(), Fresh: f, Purpose: strings.Join(x.request.Header.Values(purposeHeader), ","), From: x.from(),
		PrivacyControl: x.request.Header.Get("Sec-GPC") == "1"}
}

// source tells an import from other calls, if the caller may import.
func source(x *exchange) string {
	importer := x.principal.Role == authz.RoleService || x.principal.Role == authz.RoleAdmin
	if importer && x.request.Header.Get("Customers-Source") == "import" {
		return "import"
	}
	return "api"
}

// changing is the call of a change whose success has a status. leave must be
// called when it is over: until then nobody else may use the same key.
func (s *service) changing(ctx context.Context, status int) (call app.Call, leave func(), err error) {
	x := exchangeOf(ctx)
	call, leave = s.called(ctx, index.Freshness{}), func() {}
	if call.IfMatch, err = ifMatch(x.request.Header); err != nil {
		return call, leave, err
	}
	key, err := idempotencyKey(x.request.Header)
	if err != nil || key == "" {
		return call, leave, err
	}
	leave, err = s.flights.enter(x.principal, key)
	call.Idempotency = &app.Idempotency{Key: key, Hash: requestHash(x.request, x.bodyHash), Status: status}
	return call, leave, err
}

const maxReason = 500

// reason is why a person does something. It is sealed, and shown in the history.
func reason(given string) (string, error) {
	given = strings.TrimSpace(given)
	if utf8.RuneCountInString(given) > maxReason {
		return "", invalid("/reason", "too_long", "a reason may have 500 characters")
	}
	return given, nil
}

// moved is the answer to a change: the customer as it is now.
type moved struct {
	Status   int
	ETag     string `header:"ETag" doc:"The customer's version, for If-Match"`
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
	Replayed string `header:"Idempotency-Replayed" doc:"true if this is the answer to an earlier request with the same key"`
	Body     *Customer
}

// change runs one change on one customer and renders it.
func (s *service) change(ctx context.Context, in OnCustomer, why string, do func(app.Call, uuid.UUID) (app.View, error)) (*moved, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusOK)
	if err != nil {
		return nil, err
	}
	defer leave()
	if call.Reason, err = reason(why); err != nil {
		return nil, err
	}
	v, err := do(call, id)
	if err != nil {
		return nil, err
	}
	return changed(v), nil
}

func changed(v app.View) *moved {
	out := &moved{Status: http.StatusOK, Position: strconv.FormatInt(v.Customer.Position, 10), Body: render(v)}
	if v.Mask.Has(authz.FieldIdentity) {
		out.ETag = viewTag(&v)
	}
	if v.Replayed {
		out.Replayed = "true"
	}
	return out
}
