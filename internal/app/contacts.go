package app

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/fault"
)

// Asked is one question of many, about a customer.
type Asked struct {
	ID       uuid.UUID
	Question contact.Question
	Err      error // what is wrong with the question: it is the answer
}

// Answered is the answer to one of them.
type Answered struct {
	Decision contact.Decision
	Err      error
}

// ContactsAllowed tells whether the caller may ask about many customers,
// before anything is read of what it asks.
func (a *App) ContactsAllowed(c Call) error {
	_, err := a.allowAny(&c, authz.BatchDecideContact)
	return err
}

// DecideContacts answers many questions, each by itself. What was committed
// before the call counts in all of them, as if each were asked alone. One entry
// of the access log has all who were asked about.
func (a *App) DecideContacts(ctx context.Context, c Call, asked []Asked) ([]Answered, error) {
	mask, err := a.allowAny(&c, authz.BatchDecideContact)
	if err != nil {
		return nil, err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return nil, err
	}
	out := make([]Answered, len(asked))
	err = a.aboutMany(ctx, &c, authz.BatchDecideContact, mask, len(asked), func(i int, about *roaring.Bitmap) {
		out[i] = a.answer(ctx, &c, &asked[i], about)
	})
	traceDecisions(ctx, out)
	return out, err
}

// traceDecisions sums the answers up on the request's span: one of ten thousand
// events would be cut. Who was asked about is in the access log, with the trace.
func traceDecisions(ctx context.Context, out []Answered) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	outcomes, codes := map[contact.Outcome]int{}, map[string]int{}
	for i := range out {
		if out[i].Err != nil {
			codes[fault.CodeOf(out[i].Err)]++
			continue
		}
		outcomes[out[i].Decision.Outcome]++
		for _, r := range out[i].Decision.Reasons {
			if r.Outcome != contact.Allow {
				codes[r.Code]++
			}
		}
	}
	for _, o := range []contact.Outcome{contact.Allow, contact.Defer, contact.Deny} {
		span.SetAttributes(attribute.Int("contact.decisions."+string(o), outcomes[o]))
	}
	for code, n := range codes {
		span.SetAttributes(attribute.Int("contact.codes."+code, n))
	}
}

// answer decides about one, and adds it to those who were asked about.
func (a *App) answer(ctx context.Context, c *Call, asked *Asked, about *roaring.Bitmap) (out Answered) {
	defer rescue(&out.Err)
	if asked.Err != nil {
		return Answered{Err: asked.Err}
	}
	q := asked.Question
	if err := a.askable(&q); err != nil {
		return Answered{Err: err}
	}
	l, err := a.Model.Get(ctx, asked.ID)
	if err != nil {
		return Answered{Err: gone(c, err)}
	}
	about.Add(uint32(l.Row.Ordinal))
	d, err := a.decide(ctx, q, asked.ID, &l)
	return Answered{d, gone(c, err)}
}
