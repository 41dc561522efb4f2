package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
)

// What is said again is no act: ratios of grants to revocations would drift.
func TestActsAreCountedWhenTheyAreRecorded(t *testing.T) {
	store, keys := stores(t)
	a := instance(t, store, keys, sameModel)
	counted := map[consent.Status]int{}
	a.Acted = func(purpose string, s consent.Status) { counted[s]++ }
	v, err := a.Register(t.Context(), admin(), customer.Register{Email: "ada@example.test"})
	check(t, err)
	for _, act := range []struct {
		action authz.Action
		kind   consent.Status
	}{{authz.GrantConsent, consent.Granted}, {authz.RevokeConsent, consent.Revoked}, {authz.RevokeConsent, consent.Revoked}, {authz.DenyConsent, consent.Denied}} {
		_, err := a.RecordConsent(t.Context(), admin(), act.action, v.ID, consent.Record{Kind: act.kind, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
		if err != nil && act.kind != consent.Denied { // what was revoked cannot be denied
			t.Fatal(err)
		}
	}
	again := admin()
	again.Idempotency = &app.Idempotency{Key: "k", Hash: [32]byte{1}, Status: 200}
	for range 2 { // the second is an answer, and no act
		_, err := a.RecordConsent(t.Context(), again, authz.GrantConsent, v.ID, consent.Record{Kind: consent.Granted, Source: "web", Evidence: consent.Evidence{Purpose: "analytics"}})
		check(t, err)
	}
	counted[consent.Granted]--
	if counted[consent.Granted] != 1 || counted[consent.Revoked] != 1 || len(counted) != 2 {
		t.Errorf("counted %v", counted)
	}
}

// A status is on record of who was asked, at least.
func TestStatisticsTellOfHowManyAStatusIsOnRecord(t *testing.T) {
	store, keys := stores(t)
	a := instance(t, store, keys, sameModel)
	for i := range 8 {
		v, err := a.Register(t.Context(), admin(), customer.Register{Email: uuid.NewString() + "@example.test"})
		check(t, err)
		if kind := []consent.Status{consent.Granted, consent.Denied, consent.Pending, "", ""}[i%5]; kind != "" {
			_, err = a.RecordConsent(t.Context(), admin(), authz.RequestConsent, v.ID, consent.Record{Kind: kind, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
			check(t, err)
		}
	}
	m := a.Model.(*index.Model)
	<-m.Loaded()
	got, err := a.Statistics(t.Context(), admin())
	check(t, err)
	want := []index.Covered{{Purpose: "marketing", Recorded: 6, Share: 0.75}, {Purpose: "analytics"}, {Purpose: "personalization"}}
	if d := cmp.Diff(want, got.Consents); d != "" {
		t.Error(d)
	}
}

// fragile is a model that breaks over one customer.
type fragile struct {
	app.Model
	over uuid.UUID
}

func (f *fragile) Consents(ctx context.Context, id uuid.UUID) (index.LoadedConsents, error) {
	if id == f.over {
		panic("Ada's address")
	}
	return f.Model.Consents(ctx, id)
}

// One of many that breaks takes nobody with it.
func TestOneThatBreaksIsLostAlone(t *testing.T) {
	store, keys := stores(t)
	f := &fragile{}
	a := instance(t, store, keys, func(m app.Model) app.Model { f.Model = m; return f })
	var asked []app.Asked
	for range 4 {
		v, err := a.Register(t.Context(), admin(), customer.Register{Email: uuid.NewString() + "@example.test"})
		check(t, err)
		asked = append(asked, app.Asked{ID: v.ID, Question: contact.Question{Channel: "email", Topic: "newsletter"}})
	}
	f.over = asked[1].ID
	answers, err := a.DecideContacts(t.Context(), admin(), asked)
	check(t, err)
	for i, got := range answers {
		if broke := errors.Is(got.Err, fault.ErrInternal); broke != (i == 1) || (got.Err == nil) == (i == 1) {
			t.Errorf("answer %d: %v", i, got.Err)
		}
	}
	if _, err := a.EndConsents(t.Context(), f.over, true); !errors.Is(err, fault.ErrInternal) || strings.Contains(err.Error(), "Ada") {
		t.Errorf("an end that breaks: %v", err)
	}
}

func TestADecisionIsOnItsSpan(t *testing.T) {
	store, keys := stores(t)
	a := instance(t, store, keys, sameModel)
	v, err := a.Register(t.Context(), admin(), customer.Register{Email: "ada@example.test"})
	check(t, err)
	seen := tracetest.NewInMemoryExporter()
	ctx, request := sdktrace.NewTracerProvider(sdktrace.WithSyncer(seen)).Tracer("test").Start(t.Context(), "POST")
	_, err = a.DecideContact(ctx, admin(), v.ID, contact.Question{Channel: "email", Topic: "newsletter"})
	check(t, err)
	q := contact.Question{Channel: "email", Topic: "newsletter"}
	_, err = a.DecideContacts(ctx, admin(), []app.Asked{{ID: v.ID, Question: q}, {ID: v.ID, Question: contact.Question{Channel: "email", Topic: "orderUpdates"}}, {ID: uuid.New(), Question: q}})
	check(t, err)
	request.End()
	said := map[string]string{}
	for _, kv := range seen.GetSpans()[0].Attributes {
		said[string(kv.Key)] = kv.Value.Emit()
	}
	if said["contact.decisions.deny"] != "1" || said["contact.decisions.allow"] != "1" || said["contact.codes.consent_not_requested"] != "1" || said["contact.codes.not_found"] != "1" {
		t.Errorf("of many the span says %v", said)
	}
	if said["contact.decision"] != "deny" || !strings.Contains(said["contact.codes"], "consent_not_requested") || strings.Contains(fmt.Sprint(said), "ada") {
		t.Errorf("the span says %v", said)
	}
}
