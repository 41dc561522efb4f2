// Package index is what is derived from the log and kept in memory: the states
// that by-id reads are served from, and typed facts about every customer that
// statistics are counted from. Nothing of it is on a disk, so that no clear
// text and no search token ever is; a new process loads it again.
//
// Reads are never stale: WaitHead returns when this instance has applied what
// was committed before the call, wherever it was committed. What is derived is
// a function of the snapshots alone, so that a model built from zero equals one
// that has followed the log, whatever was applied twice on the way.
package index

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/message"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/noteindex"
	"github.com/acme/customers/internal/projection"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/savedsearch"
	"github.com/acme/customers/internal/segment"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/vault"
)

// Config is what a model stands on. All but CacheSize, NoteText, Logger and Clock
// are required.
type Config struct {
	Store     eventstore.Store
	Vault     *vault.Vault
	Journal   *journal.Journal
	Streams   streams.Kinds
	Weights   customer.Weights
	Preferred *customer.PreferenceRules // nil is customer.DefaultPreferences
	CacheSize int                       // states kept; 0 is 100,000, 1 to 2 kB each
	NoteText  int64                     // bytes of the text of notes that are kept for searching; 0 is noteindex.DefaultBudget
	Logger    *slog.Logger              // nil discards
	Off       bool                      // nothing is kept of all customers: single ones are served only
	Budget    int64                     // bytes that what is kept of all customers may take; 0: any
	Clock     func() time.Time          // of what holds of consents; nil is time.Now
	Collate   []string                  // languages (BCP 47) whose order of names is kept, besides that of none
}

// Model is one instance's read model. Use New, then Run.
type Model struct {
	cfg         Config
	states      *States
	consents    *StatesOf[consent.State]
	messages    *StatesOf[message.State]
	notes       *StatesOf[note.State]
	activities  *StatesOf[activity.State]
	memberships *StatesOf[membership.State]
	segments    *StatesOf[segment.State]
	defined     *Segments
	searches    *StatesOf[savedsearch.State]
	saved       *Searches
	derived     atomic.Pointer[derived]
	ends        *Ends
	live        *Live
	customers   *follower[customer.State]
	followers   []following // customers is the first of them
	tail        *tail
	runner      *projection.Runner
	loaded      chan struct{} // closed once all of load is
	fresh       freshest
	size, needs atomic.Int64 // bytes; see Size
}

// New makes an empty model.
func New(cfg Config) *Model {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Preferred == nil {
		cfg.Preferred = customer.DefaultPreferences()
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	m := &Model{cfg: cfg, loaded: make(chan struct{}), fresh: newFreshest()}
	m.states = NewStates(cfg.CacheSize, func(ctx context.Context, id uuid.UUID) (Loaded, error) {
		return journal.Load(ctx, cfg.Journal, cfg.Streams.Customers, id)
	})
	m.consents = newJoined(cfg, cfg.Streams.Consents)
	m.messages = newJoined(cfg, cfg.Streams.Messages)
	m.notes = newJoined(cfg, cfg.Streams.Notes)
	m.activities = newJoined(cfg, cfg.Streams.Activities)
	m.memberships = newJoined(cfg, cfg.Streams.Memberships)
	m.segments = newStates(segment.Stream, cfg.CacheSize, func(ctx context.Context, id uuid.UUID) (LoadedSegment, error) {
		return journal.Load(ctx, cfg.Journal, cfg.Streams.Segments, id)
	})
	m.searches = newStates(savedsearch.Stream, cfg.CacheSize, func(ctx context.Context, id uuid.UUID) (LoadedSearch, error) {
		return journal.Load(ctx, cfg.Journal, cfg.Streams.Searches, id)
	})
	m.saved = newSearches()
	m.derived.Store(newDerived(&cfg))
	m.ends, m.live, m.defined = newEnds(), newLive(), newSegments()
	m.customers = newFollower(&m.cfg, cfg.Streams.Customers, m.states, false, m.putCustomers)
	m.followers = []following{m.customers,
		newFollower(&m.cfg, cfg.Streams.Consents, m.consents, true, m.putConsents),
		newFollower(&m.cfg, cfg.Streams.Notes, m.notes, false, m.putNotes),
		newFollower(&m.cfg, cfg.Streams.Activities, m.activities, false, m.putActivities),
		newFollower(&m.cfg, cfg.Streams.Memberships, m.memberships, true, m.putMemberships),
		few(newFollower(&m.cfg, cfg.Streams.Searches, m.searches, false, m.putSearches)),
		few(newFollower(&m.cfg, cfg.Streams.Segments, m.segments, false, m.putSegments))}
	following, told := m.followers, m.hearEnds
	if cfg.Off {
		following, told = nil, func([]eventstore.Record) {}
	}
	m.tail = &tail{store: cfg.Store, caches: []cache{m.states, m.consents, m.messages, m.notes, m.activities, m.memberships, m.segments, m.searches}, told: told, live: m.live,
		followers: following, givenUp: m.givenUp, forget: cfg.Vault.Forget, started: make(chan struct{})}
	m.runner = projection.New(projection.Config{Name: "index", Store: cfg.Store, Handler: m.tail, Start: m.tail.start, Logger: cfg.Logger})
	return m
}

// Run follows the log until ctx ends, and loads the facts meanwhile.
func (m *Model) Run(ctx context.Context) error {
	if m.cfg.Off {
		return m.runner.Run(ctx)
	}
	loading, over := context.WithCancel(ctx)
	defer over()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { m.watchSize(ctx, over) })
	wg.Go(func() {
		select {
		case <-m.tail.started:
			m.load(loading)
		case <-ctx.Done():
		}
	})
	return m.runner.Run(ctx)
}

// load loads everything that is derived from all customers.
func (m *Model) load(ctx context.Context) {
	loading := m.Roster()
	loading.Loading()
	segments := m.followers[len(m.followers)-1]
	segments.run(ctx, m.tail.applied.Load) // first: who is a member is a matter of the version that is applied
	var wg sync.WaitGroup
	for _, f := range m.followers[:len(m.followers)-1] {
		wg.Go(func() { f.run(ctx, m.tail.applied.Load) })
	}
	wg.Wait()
	if ctx.Err() == nil { // otherwise nobody will ask for an order: to make it would keep what is let go of
		loading.Loaded()
		close(m.loaded)
	}
}

// Get gives a customer's state as of the last WaitHead of the caller, or newer.
func (m *Model) Get(ctx context.Context, id uuid.UUID) (Loaded, error) { return m.states.Get(ctx, id) }

// LoadedConsents is what a customer consented to, at a version.
type LoadedConsents = journal.Loaded[consent.State]

// Consents gives a customer's consents as of the last WaitHead of the caller,
// or newer. Whether there is such a customer is for Get to say.
func (m *Model) Consents(ctx context.Context, id uuid.UUID) (LoadedConsents, error) {
	return m.consents.Get(ctx, id)
}

// PutConsents is Put for consents.
func (m *Model) PutConsents(id uuid.UUID, l LoadedConsents) { m.consents.Put(id, l) }

// LoadedMessages is what was reported of messages to a customer.
type LoadedMessages = journal.Loaded[message.State]

// Messages is Consents for messages that were sent.
func (m *Model) Messages(ctx context.Context, id uuid.UUID) (LoadedMessages, error) {
	return m.messages.Get(ctx, id)
}

// PutMessages is Put for them.
func (m *Model) PutMessages(id uuid.UUID, l LoadedMessages) { m.messages.Put(id, l) }

// LoadedNotes is what is noted about a customer.
type LoadedNotes = journal.Loaded[note.State]

// Notes is Consents for notes.
func (m *Model) Notes(ctx context.Context, id uuid.UUID) (LoadedNotes, error) {
	return m.notes.Get(ctx, id)
}

// PutNotes is Put for notes.
func (m *Model) PutNotes(id uuid.UUID, l LoadedNotes) { m.notes.Put(id, l) }

// LoadedActivity is what a customer did elsewhere.
type LoadedActivity = journal.Loaded[activity.State]

// Activity is Consents for what a customer did elsewhere.
func (m *Model) Activity(ctx context.Context, id uuid.UUID) (LoadedActivity, error) {
	return m.activities.Get(ctx, id)
}

// LastSeen is when a customer last did something elsewhere, as of the last
// WaitHead of the caller or newer; the zero time if never.
func (m *Model) LastSeen(ctx context.Context, id uuid.UUID, ordinal int64) (time.Time, error) {
	if people := m.Roster(); m.lacks() == nil { // in this order: see release
		return people.LastElsewhere(uint32(ordinal)), nil
	}
	l, err := m.activities.Get(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	return l.State.LastActivityAt, nil
}

// PutActivity is Put for it.
func (m *Model) PutActivity(id uuid.UUID, l LoadedActivity) { m.activities.Put(id, l) }

// LoadedMemberships is which segments a customer is or was in.
type LoadedMemberships = journal.Loaded[membership.State]

// Memberships is Consents for the segments that a customer is in.
func (m *Model) Memberships(ctx context.Context, id uuid.UUID) (LoadedMemberships, error) {
	return m.memberships.Get(ctx, id)
}

// PutMemberships shows what this instance has just committed of them.
func (m *Model) PutMemberships(id uuid.UUID, l LoadedMemberships) { m.memberships.Put(id, l) }

// Segments are all segments, as of the last WaitHead of the caller or newer,
// once Loaded.
func (m *Model) Segments() *Segments { return m.defined }

// PutSegment shows what this instance has just committed of a segment.
func (m *Model) PutSegment(id uuid.UUID, l LoadedSegment) { m.segments.Put(id, l) }

// Searches are all saved searches, as Segments are.
func (m *Model) Searches() *Searches { return m.saved }

// PutSearch shows what this instance has just committed of a saved search.
func (m *Model) PutSearch(id uuid.UUID, l LoadedSearch) { m.searches.Put(id, l) }

// Roster is what is known of all customers, once Loaded. It is whole where
// SearchReady says so afterwards.
func (m *Model) Roster() *roster.Roster { return m.derived.Load().roster }

// NoteIndex finds notes by their words, as of the last WaitHead of the caller or
// newer, once Loaded; it is whole as Roster is.
func (m *Model) NoteIndex() *noteindex.Index { return m.derived.Load().noted }

// Put shows a state that this instance has just committed, so that the next
// read need not load it.
func (m *Model) Put(id uuid.UUID, l Loaded) { m.states.Put(id, l) }

// Drop forgets a customer at once: its erasure is under way on this instance.
// The others, and those who read meanwhile, follow with the erasure's record.
func (m *Model) Drop(id uuid.UUID) {
	for _, c := range m.tail.caches {
		c.Drop(id)
	}
}

// Ready tells whether by-id reads are served: the log is followed and applied
// up to its head. Otherwise fault.ErrBehind, or why the head is not known.
func (m *Model) Ready(ctx context.Context) error {
	if !m.tail.running() {
		return fault.ErrBehind.After(wait)
	}
	return m.WaitHead(ctx, Freshness{})
}

// SearchReady tells whether everything is served, the facts included.
func (m *Model) SearchReady(ctx context.Context) error {
	if err := m.lacks(); err != nil {
		return err
	}
	if err := m.Ready(ctx); err != nil {
		return err
	}
	return m.lacks()
}

// whole tells whether everything that is derived from all customers is loaded:
// a part of it would be a wrong number.
func (m *Model) whole() bool {
	select {
	case <-m.loaded:
		return m.customers.live()
	default:
		return false
	}
}

// Loaded is closed once everything that is derived from all customers is
// loaded: from then on SearchReady is Ready.
func (m *Model) Loaded() <-chan struct{} { return m.loaded }

// Ends gives the instants at which consents end.
func (m *Model) Ends() *Ends { return m.ends }

// Ordinals gives the ordinals of customers, and who is not known: while the
// facts are being loaded, most.
func (m *Model) Ordinals(ids []uuid.UUID) (known []uint32, others []uuid.UUID) {
	return m.Facts().Ordinals(ids)
}

// Covered tells of how many customers a status for a purpose is on record. It
// is whole once SearchReady.
func (m *Model) Covered(purpose string) int64 {
	return m.Roster().Asked(purpose)
}

// Listen gives what is recorded about a customer from now on; see Live.Listen.
func (m *Model) Listen(id uuid.UUID) (records <-chan []eventstore.Record, stop func()) {
	return m.live.Listen(id)
}

// Facts gives the facts of all customers. They are whole once SearchReady.
func (m *Model) Facts() *Facts { return m.derived.Load().facts }

// Status tells where this instance stands against the log.
func (m *Model) Status(ctx context.Context) (projection.Status, error) { return m.runner.Status(ctx) }
