package index

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/roster"
)

// What is imported may be withdrawn by the next line of the import.
func TestAnEndThatWasOverWhenItWasImportedWaits(t *testing.T) {
	recorded := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		source    string
		end, want time.Time
	}{
		{consent.Imported, recorded.Add(-time.Hour), recorded.Add(time.Minute)},
		{consent.Imported, recorded.Add(time.Hour), recorded.Add(time.Hour)},
		{consent.Imported, time.Time{}, time.Time{}},
		{"web", recorded.Add(-time.Hour), recorded.Add(-time.Hour)},
	} {
		r := &eventstore.Record{Envelope: event.Envelope{Source: tc.source, RecordedAt: recorded}}
		if got := settled(tc.end, r); !got.Equal(tc.want) {
			t.Errorf("%s until %s: %s", tc.source, tc.end, got)
		}
	}
}

func (s *service) grant(t *testing.T, id uuid.UUID, purpose string) {
	t.Helper()
	r := consent.Record{Kind: consent.Granted, Source: "web", At: time.Now(), Now: time.Now(), Evidence: consent.Evidence{Purpose: purpose}, Purposes: consent.DefaultPurposes()}
	_, err := journal.Execute(t.Context(), s.journal, s.kinds.Consents, journal.Command[consent.State, consent.Event]{
		ID: id, Joins: true, Meta: event.Meta{Actor: event.ActorCustomer, Source: "web", At: time.Now()}, Decide: r.Decide})
	if err != nil {
		t.Fatal(err)
	}
}

// A model that followed and one that was started later cover the same, whatever
// is recorded while it loads; the erased are not counted.
func TestCoverageIsTheSameHoweverItIsKnown(t *testing.T) {
	s := newService(t, memory.Open())
	live, _ := s.model(t)
	var ids []uuid.UUID
	for i := range 30 {
		ids = append(ids, s.register(t))
		if i%3 == 0 {
			s.grant(t, ids[i], "marketing")
		}
		if i%10 == 0 {
			s.grant(t, ids[i], "analytics")
		}
	}
	later, _ := s.model(t)
	for _, id := range ids[25:] { // 27 is covered already
		s.grant(t, id, "marketing")
	}
	s.erase(t, ids[0])
	for name, m := range map[string]*Model{"live": live, "later": later} {
		<-m.Loaded()
		if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
			t.Fatal(err)
		}
		for purpose, want := range map[string]int64{"marketing": 13, "analytics": 2, "personalization": 0} {
			if got := m.Covered(purpose); got != want {
				t.Errorf("%s: %s covers %d, not %d", name, purpose, got, want)
			}
		}
	}
}

// What holds of a consent holds by the clock of the model, not of the machine; what
// another instance recorded whose clock is ahead is not waited for.
func TestConsentsHoldByTheClockOfTheModel(t *testing.T) {
	s := newService(t, memory.Open())
	id := s.register(t)
	end := time.Now().Add(time.Hour)
	r := consent.Record{Kind: consent.Granted, Source: "web", At: time.Now(), Now: time.Now(), ExpiresAt: end, Evidence: consent.Evidence{Purpose: "marketing"}, Purposes: consent.DefaultPurposes()}
	_, err := journal.Execute(t.Context(), s.journal, s.kinds.Consents, journal.Command[consent.State, consent.Event]{
		ID: id, Joins: true, Meta: event.Meta{Actor: event.ActorCustomer, Source: "web", At: time.Now()}, Decide: r.Decide})
	if err != nil {
		t.Fatal(err)
	}
	at := func(at time.Time) func() time.Time { return func() time.Time { return at } }
	for _, tc := range []struct {
		clock func() time.Time
		want  string
	}{{nil, "granted"}, {at(end.Add(-time.Second)), "granted"}, {at(end.Add(time.Second)), "expired"}, {at(end.Add(-2 * time.Hour)), "granted"}} {
		m := s.modelOf(t, func(c *Config) { c.Clock = tc.clock })
		<-m.Loaded()
		if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
			t.Fatal(err)
		}
		facet, _ := roster.ParseFacet("consents.marketing")
		got := m.Roster().Find(roster.Query{Facets: []roster.Facet{facet}, Limit: 1}, end).Facets["consents.marketing"]
		if len(got) != 1 || got[0].Value != tc.want || got[0].Count != 1 {
			t.Errorf("%v, not %s", got, tc.want)
		}
	}
}
