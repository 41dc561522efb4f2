// Package app holds every use case once: authorise, execute or read, audit.
// The entrances (HTTP, the bus, the command line) call it and know no rule.
package app

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/link"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/noteindex"
	"github.com/acme/customers/internal/projection"
	"github.com/acme/customers/internal/receipt"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/source"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/vault"
)

// Model is the part of the in-memory read model that use cases need.
type Model interface {
	// WaitHead returns when the model shows what was committed before the
	// call, or fault.ErrBehind.
	WaitHead(ctx context.Context, f index.Freshness) error
	// Get gives a customer's state as of the last WaitHead.
	Get(ctx context.Context, id uuid.UUID) (journal.Loaded[customer.State], error)
	// Put shows the state that this instance has just committed.
	Put(id uuid.UUID, l journal.Loaded[customer.State])
	// Consents gives a customer's consents as of the last WaitHead.
	Consents(ctx context.Context, id uuid.UUID) (index.LoadedConsents, error)
	// PutConsents shows the consents that this instance has just committed.
	PutConsents(id uuid.UUID, l index.LoadedConsents)
	// Messages gives what was reported of messages, as of the last WaitHead.
	Messages(ctx context.Context, id uuid.UUID) (index.LoadedMessages, error)
	// PutMessages shows what this instance has just committed of them.
	PutMessages(id uuid.UUID, l index.LoadedMessages)
	// Notes gives what is noted about a customer, as of the last WaitHead.
	Notes(ctx context.Context, id uuid.UUID) (index.LoadedNotes, error)
	// PutNotes shows what this instance has just committed of them.
	PutNotes(id uuid.UUID, l index.LoadedNotes)
	// Activity gives what a customer did elsewhere, as of the last WaitHead.
	Activity(ctx context.Context, id uuid.UUID) (index.LoadedActivity, error)
	// PutActivity shows what this instance has just committed of it.
	PutActivity(id uuid.UUID, l index.LoadedActivity)
	// Memberships gives which segments a customer is or was in, as of the last
	// WaitHead.
	Memberships(ctx context.Context, id uuid.UUID) (index.LoadedMemberships, error)
	// PutMemberships shows what this instance has just committed of them.
	PutMemberships(id uuid.UUID, l index.LoadedMemberships)
	// Segments are all segments, as of the last WaitHead.
	Segments() *index.Segments
	// PutSegment shows what this instance has just committed of a segment.
	PutSegment(id uuid.UUID, l index.LoadedSegment)
	// Searches are all saved searches, as of the last WaitHead.
	Searches() *index.Searches
	// PutSearch shows what this instance has just committed of a saved search.
	PutSearch(id uuid.UUID, l index.LoadedSearch)
	// Roster is what is known of all customers, as of the last WaitHead.
	Roster() *roster.Roster
	// NoteIndex finds notes by their words, as of the last WaitHead.
	NoteIndex() *noteindex.Index
	// Status tells where the model stands against the log.
	Status(ctx context.Context) (projection.Status, error)
	// SearchReady tells whether all of Segments, Roster and NoteIndex is loaded.
	SearchReady(ctx context.Context) error
	// LastSeen is when a customer last did something elsewhere, as of the last
	// WaitHead; the zero time if never.
	LastSeen(ctx context.Context, id uuid.UUID, ordinal int64) (time.Time, error)
	// Listen gives what is recorded about a customer from now on, until stop.
	Listen(id uuid.UUID) (records <-chan []eventstore.Record, stop func())
	// Ordinals gives the ordinals of customers, and who is not known yet.
	Ordinals(ids []uuid.UUID) (known []uint32, others []uuid.UUID)
	// Covered tells of how many customers a status for a purpose is on record.
	Covered(purpose string) int64
	// Having lists the customers that have a flag.
	Having(ctx context.Context, flag index.Flags) ([]uuid.UUID, error)
	// Statistics counts all customers.
	Statistics(ctx context.Context) (index.Statistics, error)
}

// AccessLog records who read whose data. Record is durable when it returns.
type AccessLog interface {
	Record(ctx context.Context, e access.Entry) error
	Of(ctx context.Context, subject uuid.UUID, ordinal int64, cursor string, limit int) ([]access.Entry, string, error)
	Readers(ctx context.Context, from, to time.Time, limits access.Limits) ([]access.Reader, error)
}

// Config is what the use cases are built from. All but Patient and Clock are
// required.
type Config struct {
	Store     eventstore.Store
	Vault     *vault.Vault
	Journal   *journal.Journal
	Streams   streams.Kinds
	Model     Model
	Access    AccessLog
	Letters   DeadLetters
	Inbound   bus.Handle // handles a dead letter again
	Relay     interface{ Reset(context.Context) error }
	Rules     *authz.Policy
	Policy    customer.Policy
	Preferred *customer.PreferenceRules
	Purposes  consent.Purposes
	Language  *rule.Language // of segments and filters; nil: made of Purposes and Model
	Receipts  *receipt.Signer
	Links     *link.Sealer
	Sources   source.Register // of activities; nil is source.Builtin
	NoteTypes note.Types      // nil is note.DefaultTypes
	Issuer    string          // of receipts
	// ReadPurposes are what a caller may say that it reads for. They are on record,
	// so they are a list: a free text could name somebody. nil is access.DefaultPurposes.
	ReadPurposes []string
	Significant  Significance                           // of a timeline; nil is the catalogue's
	Unusual      access.Limits                          // nil is access.DefaultLimits
	Decided      func(*contact.Decision)                // told of every contact decision, for metrics; may be nil
	Acted        func(purpose string, s consent.Status) // told of every act about a consent that was recorded, for metrics; may be nil
	Addresses    *address.Validator
	Patient      *address.Validator                // for what nobody waits for; nil is Addresses
	Regrouped    func(segment string, member bool) // told of everybody who came into a segment or left it, for metrics; may be nil
	Validated    func(*customer.Address)           // told of what is handed in to be stored, for metrics; may be nil
	Strict       map[string]bool                   // sources whose invalid addresses are refused: "api", "import"
	Weights      customer.Weights
	Clock        func() time.Time // nil is time.Now
}

// App is the use cases. Use New.
type App struct {
	Config
	past  *rule.Language // of rules whose segments may be gone
	rules sync.Map       // what each rule asks for: see asked
}

// New builds the use cases.
func New(c Config) *App {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Decided == nil {
		c.Decided = func(*contact.Decision) {}
	}
	if c.Acted == nil {
		c.Acted = func(string, consent.Status) {}
	}
	if c.Regrouped == nil {
		c.Regrouped = func(string, bool) {}
	}
	if c.Validated == nil {
		c.Validated = func(*customer.Address) {}
	}
	if c.Sources == nil {
		c.Sources = source.Builtin()
	}
	if c.NoteTypes == nil {
		c.NoteTypes = note.DefaultTypes()
	}
	if c.ReadPurposes == nil {
		c.ReadPurposes = access.DefaultPurposes()
	}
	if c.Unusual == nil {
		c.Unusual = access.DefaultLimits()
	}
	if c.Language == nil {
		c.Language = language(&c, func(key string) bool {
			_, ok := c.Model.Segments().ByKey(key)
			return ok
		})
	}
	if c.Patient == nil {
		c.Patient = c.Addresses
	}
	return &App{Config: c, past: language(&c, func(string) bool { return true })}
}

// language is that of segments and filters. It fails on a mistake in the
// vocabulary alone, which the tests of rule find.
func language(c *Config, segments func(key string) bool) *rule.Language {
	purposes := make([]string, len(c.Purposes))
	for i := range c.Purposes {
		purposes[i] = c.Purposes[i].Name
	}
	l, err := rule.New(rule.Config{Purposes: purposes, Segments: segments})
	if err != nil {
		panic(err)
	}
	return l
}

// Call is who asks, and under which conditions.
type Call struct {
	Caller         authz.Principal
	Source         string // "api", "import", "identity"
	Reason         string // free text for the history
	Trace          string
	Purpose        string          // what the caller reads for, as declared; one of ReadPurposes, or ""
	From           string          // the caller's network, or ""
	IfMatch        *int64          // act only on this version
	Fresh          index.Freshness // how stale a read may be; zero: not at all
	Idempotency    *Idempotency
	PrivacyControl bool     // the customer's browser sends Sec-GPC: 1
	Inbox          []string // ids of the messages that this call handles

	people *roster.Roster   // all customers, of a call that is about them: see whole
	notes  *noteindex.Index // all of their notes, likewise
}

// Idempotency makes a change happen once however often it is asked for.
type Idempotency struct {
	Key    string
	Hash   [32]byte // of what is asked: method, path and body
	Status int      // of the answer
}

// View is a customer as a caller may see it.
type View struct {
	ID        uuid.UUID
	Customer  journal.Loaded[customer.State]
	Mask      authz.FieldMask
	Score     int       // completeness, 0-100
	Missing   []string  // what is missing for 100
	Elsewhere time.Time // the last activity elsewhere, if that is later than what the customer's own stream knows
	Replayed  bool      // the answer to an earlier request with the same key
}

func (a *App) view(id uuid.UUID, l journal.Loaded[customer.State], mask authz.FieldMask) View {
	v := View{ID: id, Customer: l, Mask: mask}
	if mask.Has(authz.FieldCompleteness) {
		v.Score, v.Missing = l.State.Completeness(a.Weights, func(part string) bool { return shows(mask, part) })
	}
	return v
}

// seen fills in what the customer did elsewhere.
func (a *App) seen(ctx context.Context, v *View) error {
	if !v.Mask.Has(authz.FieldActivity) {
		return nil
	}
	at, err := a.Model.LastSeen(ctx, v.ID, v.Customer.Row.Ordinal)
	if err == nil && at.After(v.Customer.State.LastActivityAt) {
		v.Elsewhere = at
	}
	return err
}

// LastActivityAt is here or elsewhere, the later.
func (v *View) LastActivityAt() time.Time {
	if !v.Elsewhere.IsZero() {
		return v.Elsewhere
	}
	return v.Customer.State.LastActivityAt
}

// shows tells whether the mask lets a part of the resource be spoken of: that
// a date of birth is missing, or counts, says something about it, too.
func shows(mask authz.FieldMask, part string) bool {
	group, known := fieldGroup(part)
	return known && mask.Has(group)
}

func (a *App) meta(c *Call) event.Meta {
	return event.Meta{Actor: event.ActorKind(c.Caller.Role), ActorID: c.Caller.Subject, Source: c.Source, Reason: c.Reason,
		At: a.Clock().UTC().Truncate(time.Microsecond)} // what the store keeps, so that states before and after storing are equal
}
