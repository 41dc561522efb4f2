package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
)

// Consent is what holds for one purpose.
type Consent struct {
	Purpose       string    `json:"purpose"`
	Status        string    `json:"status" enum:"notRequested,pending,granted,denied,revoked,expired"`
	Since         time.Time `json:"since,omitzero" doc:"Of the act or the end that made it so"`
	ExpiresAt     time.Time `json:"expiresAt,omitzero" doc:"Of a grant"`
	NoticeVersion string    `json:"noticeVersion,omitempty"`
	Sufficient    bool      `json:"sufficient" doc:"It is granted, and no later notice asks for a new consent"`
	Method        string    `json:"method,omitempty"`
	Surface       string    `json:"surface,omitempty"`
	Source        string    `json:"source,omitempty"`
	Evidence      int64     `json:"evidence,omitzero" doc:"The version of the consents that holds the act"`
	Basis         string    `json:"basis" enum:"consent,contract,legal_obligation,legitimate_interest"`
}

// ConsentAct is one act in the history of a purpose.
type ConsentAct struct {
	Evidence      int64             `json:"evidence"`
	Type          string            `json:"type"`
	At            time.Time         `json:"at" doc:"Of the act"`
	RecordedAt    time.Time         `json:"recordedAt"`
	NoticeVersion string            `json:"noticeVersion,omitempty"`
	Method        string            `json:"method,omitempty"`
	Surface       string            `json:"surface,omitempty"`
	Source        string            `json:"source,omitempty"`
	Actor         Actor             `json:"actor"`
	Details       map[string]string `json:"details,omitempty"`
}

// ConsentRecord is what a customer did, and how that is known.
type ConsentRecord struct {
	Source        string            `json:"source,omitempty" enum:"web,app,phone,store,email,api,import" doc:"api if left out"`
	Method        string            `json:"method,omitempty" maxLength:"50" doc:"How: checkbox, double_opt_in, spoken, …"`
	Surface       string            `json:"surface,omitempty" maxLength:"50" doc:"Where: checkout, settings, …"`
	NoticeVersion string            `json:"noticeVersion,omitempty" doc:"Of the notice that was shown; the newest if left out"`
	At            time.Time         `json:"at,omitzero" doc:"When the customer acted; now if left out"`
	ExpiresAt     time.Time         `json:"expiresAt,omitzero" doc:"Of a grant; by the purpose if left out"`
	Details       map[string]string `json:"details,omitempty" doc:"Whatever else proves it; sealed"`
}

// Purpose is something that data is processed for.
type Purpose struct {
	Name       string   `json:"name"`
	Basis      string   `json:"basis"`
	Retention  string   `json:"retention,omitempty"`
	LifeDays   int      `json:"lifeDays,omitzero" doc:"Of a grant"`
	Recipients []string `json:"recipients,omitempty"`
	Notices    []Notice `json:"notices,omitempty" doc:"Oldest first"`
}

// Notice is one version of what a customer is told.
type Notice struct {
	Version      string   `json:"version"`
	Hash         string   `json:"hash,omitempty" doc:"SHA-256 of the text"`
	Language     string   `json:"language,omitempty"`
	Jurisdiction string   `json:"jurisdiction,omitempty" doc:"Of the customers that it is for; all if absent"`
	Sufficient   bool     `json:"sufficient" doc:"A consent under an older version still holds"`
	Retention    string   `json:"retention,omitempty" doc:"As it said, where that is not what the purpose says now"`
	Recipients   []string `json:"recipients,omitempty" doc:"Likewise"`
}

type consentsInput struct {
	OnCustomer
	Fresh
	At   time.Time `query:"at" doc:"What the acts up to this instant say"`
	AsOf time.Time `query:"asOf" doc:"As far as they were recorded at this instant"`
}

type onPurpose struct {
	OnCustomer
	Fresh
	Purpose string `path:"purpose" maxLength:"50"`
}

// RecordInput is the input of an act about a purpose.
type RecordInput struct {
	OnCustomer
	Once
	Purpose string `path:"purpose" maxLength:"50"`
}

type consentsShown struct {
	Body struct {
		Items []Consent `json:"items"`
	} `nameHint:"ConsentList"`
}

type consentShown struct {
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
	Body     *Consent
}

type consentHistory struct {
	Body struct {
		Items []ConsentAct `json:"items"`
	} `nameHint:"ConsentHistory"`
}

type purposesShown struct {
	Body struct {
		Items []Purpose `json:"items"`
	} `nameHint:"PurposeList"`
}

const consentsPath = "/v1/customers/{id}/consents"

func (s *service) consentRoutes(a *api) {
	tags := []string{"Consents"}
	plain(a, huma.Operation{OperationID: "listConsents", Method: http.MethodGet, Path: consentsPath, Tags: tags,
		Summary: "Get what a customer consented to, by purpose", Description: "Now, or as of any instant of the acts (at) and of the records (asOf)."}, s.listConsents)
	for _, act := range []struct {
		action  authz.Action
		path    string
		kind    consent.Status
		summary string
	}{
		{authz.RequestConsent, "request", consent.Pending, "Record that a customer was asked"},
		{authz.GrantConsent, "grant", consent.Granted, "Record that a customer agreed, or renewed"},
		{authz.DenyConsent, "deny", consent.Denied, "Record that a customer declined"},
		{authz.RevokeConsent, "revoke", consent.Revoked, "Record that a customer withdrew"},
	} {
		withOptionalBody(a, huma.Operation{OperationID: string(act.action), Method: http.MethodPost, Path: consentsPath + "/{purpose}/" + act.path, Tags: tags, Summary: act.summary},
			func(ctx context.Context, in *RecordInput, body *ConsentRecord) (*consentShown, error) {
				return s.recordConsent(ctx, in, act.action, act.kind, body)
			})
	}
	plain(a, huma.Operation{OperationID: "getConsentHistory", Method: http.MethodGet, Path: consentsPath + "/{purpose}/history", Tags: tags,
		Summary: "Get every act about a purpose, with its evidence"}, s.consentHistory)
	plain(a, huma.Operation{OperationID: "listPurposes", Method: http.MethodGet, Path: "/v1/purposes", Tags: tags,
		Summary: "List what data is processed for"}, s.listPurposes)
	s.receiptRoutes(a)
	s.consentBatchRoute(a)
}

func (s *service) listConsents(ctx context.Context, in *consentsInput) (*consentsShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	list, err := s.app.Consents(ctx, s.called(ctx, in.freshness()), id, app.Instants{At: in.At, Known: in.AsOf})
	if err != nil {
		return nil, err
	}
	out := &consentsShown{}
	for _, v := range list {
		out.Body.Items = append(out.Body.Items, *renderConsent(v))
	}
	return out, nil
}

func renderConsent(v app.ConsentView) *Consent {
	out := &Consent{Purpose: v.Purpose, Status: string(v.Status), NoticeVersion: v.Act.Notice, Sufficient: v.Sufficient, Method: v.Act.Method,
		Surface: v.Act.Surface, Source: v.Act.Source, Evidence: v.Act.Version, Basis: string(v.Basis)}
	if !v.Since.IsZero() {
		out.Since = v.Since.UTC()
	}
	if !v.Act.ExpiresAt.IsZero() {
		out.ExpiresAt = v.Act.ExpiresAt.UTC()
	}
	return out
}

func (s *service) recordConsent(ctx context.Context, in *RecordInput, action authz.Action, kind consent.Status, body *ConsentRecord) (*consentShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusOK)
	if err != nil {
		return nil, err
	}
	defer leave()
	call.IfMatch = nil
	v, err := s.app.RecordConsent(ctx, call, action, id, body.record(kind, in.Purpose))
	if err != nil {
		return nil, err
	}
	return &consentShown{strconv.FormatInt(v.Position, 10), renderConsent(v)}, nil
}

// record is the command of a body.
func (r *ConsentRecord) record(kind consent.Status, purpose string) consent.Record {
	source := r.Source
	if source == "" {
		source = "api"
	}
	return consent.Record{Kind: kind, Source: source, At: r.At, ExpiresAt: r.ExpiresAt.UTC().Truncate(time.Microsecond),
		Evidence: consent.Evidence{Purpose: purpose, Notice: r.NoticeVersion, Method: r.Method, Surface: r.Surface, Details: r.Details}}
}

func (s *service) consentHistory(ctx context.Context, in *onPurpose) (*consentHistory, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	acts, mask, err := s.app.ConsentHistory(ctx, s.called(ctx, in.freshness()), id, in.Purpose)
	if err != nil {
		return nil, err
	}
	out := &consentHistory{}
	out.Body.Items = []ConsentAct{}
	for _, a := range acts {
		one := ConsentAct{Evidence: a.Version, Type: a.Type, At: a.OccurredAt.UTC(), RecordedAt: a.RecordedAt.UTC(), NoticeVersion: a.Evidence.Notice,
			Method: a.Evidence.Method, Surface: a.Evidence.Surface, Source: a.Source, Actor: Actor{Kind: string(a.Actor)}, Details: a.Evidence.Details}
		if mask.Has(authz.FieldHistoryActor) {
			one.Actor.ID = a.Meta.ActorID
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

func (s *service) listPurposes(ctx context.Context, _ *struct{}) (*purposesShown, error) {
	purposes, err := s.app.ListPurposes(ctx, s.called(ctx, Fresh{}.freshness()))
	if err != nil {
		return nil, err
	}
	out := &purposesShown{}
	for _, p := range purposes {
		one := Purpose{Name: p.Name, Basis: string(p.Basis), Retention: p.Retention, LifeDays: p.LifeDays, Recipients: p.Recipients}
		for _, n := range p.Notices {
			one.Notices = append(one.Notices, Notice{n.Version, n.Hash, n.Language, n.Jurisdiction, n.Sufficient, n.Retention, n.Recipients})
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}
