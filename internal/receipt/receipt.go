// Package receipt issues and checks receipts of consents: what a customer
// agreed to, signed, so that it can be shown and checked without us. The fields
// are those of ISO/IEC TS 27560:2023 (consent record information structure), as
// JSON-LD with the terms of the Data Privacy Vocabulary.
package receipt

import (
	_ "embed"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/consent"
)

// Type is the typ of a receipt's header, so that no other token of the same key
// can pass for one.
const Type = "consent-receipt+jws"

const (
	version = "ISO/IEC TS 27560:2023"
	context = "https://w3id.org/dpv"
	typ     = "dpv:ConsentRecord"
)

// Schema is the JSON Schema (2020-12) of a receipt.
//
//go:embed schema.json
var Schema []byte

// Receipt is what is signed. It names the customer by its id alone.
type Receipt struct {
	Context       string       `json:"@context"`
	Type          string       `json:"@type"`
	SchemaVersion string       `json:"schemaVersion"`
	ReceiptID     uuid.UUID    `json:"receiptId"`
	RecordID      string       `json:"recordId"` // "consents/<customer>/<purpose>"
	IssuedAt      time.Time    `json:"issuedAt"`
	Issuer        string       `json:"issuer"`
	PrincipalID   uuid.UUID    `json:"piiPrincipalId"`
	Processing    []Processing `json:"piiProcessing"`
	Status        string       `json:"consentStatus"` // when it was issued
	Events        []Event      `json:"events"`        // the acts of the customer, in their order
}

// Processing is what was agreed to, or not.
type Processing struct {
	Purpose         string   `json:"purpose"`
	LawfulBasis     string   `json:"lawfulBasis"`
	RetentionPeriod string   `json:"retentionPeriod,omitempty"`
	Recipients      []string `json:"recipients,omitempty"`
	Notices         []Notice `json:"privacyNotices"` // that were shown
}

// Notice identifies the text that was shown.
type Notice struct {
	Version      string `json:"version"`
	SHA256       string `json:"sha256,omitempty"`
	Language     string `json:"language,omitempty"`
	Jurisdiction string `json:"jurisdiction,omitempty"`
	// As the notice said, where that is not what is said now.
	RetentionPeriod string   `json:"retentionPeriod,omitempty"`
	Recipients      []string `json:"recipients,omitempty"`
}

// Event is one act.
type Event struct {
	State         string    `json:"eventState"` // "pending", "granted", "denied", "revoked", "expired"
	Time          time.Time `json:"eventTime"`
	ValidUntil    time.Time `json:"validUntil,omitzero"`
	NoticeVersion string    `json:"noticeVersion,omitempty"`
	Method        string    `json:"collectionMethod,omitempty"`
	Surface       string    `json:"surface,omitempty"`
	Source        string    `json:"source,omitempty"`
	ActorKind     string    `json:"entityType,omitempty"`
	Evidence      int64     `json:"evidence"` // version of the customer's consents
}

// New writes down what is known about a purpose at an instant.
func New(issuer string, customer uuid.UUID, p *consent.Purpose, s *consent.State, at time.Time) *Receipt {
	if last := s.Latest(); last.After(at) { // the clock of another instance is ahead
		at = last
	}
	at = at.UTC().Truncate(time.Microsecond)
	r := &Receipt{Context: context, Type: typ, SchemaVersion: version, ReceiptID: uuid.New(), RecordID: recordID(customer, p.Name), IssuedAt: at, Issuer: issuer,
		PrincipalID: customer, Status: string(s.At(p.Name, at).Status)}
	shown := Processing{Purpose: p.Name, LawfulBasis: string(p.Basis), RetentionPeriod: p.Retention, Recipients: p.Recipients, Notices: []Notice{}}
	seen := map[string]bool{}
	for _, a := range s.Acts[p.Name] {
		e := Event{State: string(a.Kind), Time: a.At.UTC(), NoticeVersion: a.Notice, Method: a.Method, Surface: a.Surface, Source: a.Source, ActorKind: a.Actor, Evidence: a.Version}
		if !a.ExpiresAt.IsZero() {
			e.ValidUntil = a.ExpiresAt.UTC()
		}
		r.Events = append(r.Events, e)
		if a.Notice != "" && !seen[a.Notice] {
			seen[a.Notice] = true
			shown.Notices = append(shown.Notices, notice(p, a.Notice))
		}
	}
	r.Processing = []Processing{shown}
	return r
}

// notice is all that is still known of one.
func notice(p *consent.Purpose, version string) Notice {
	if n := p.Notice(version); n != nil {
		return Notice{n.Version, n.Hash, n.Language, n.Jurisdiction, n.Retention, n.Recipients}
	}
	return Notice{Version: version}
}

func recordID(customer uuid.UUID, purpose string) string {
	return "consents/" + customer.String() + "/" + purpose
}
