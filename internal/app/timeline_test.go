package app_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore/sqlite"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/streams"
)

// A new field of an event has a group, or nobody would see it.
func TestEveryFieldOfEveryEventHasAGroup(t *testing.T) {
	kinds, err := streams.New()
	check(t, err)
	for _, kind := range kinds.All() {
		if err := app.CheckTimeline(kind.Name, kind.Definitions); err != nil {
			t.Error(err)
		}
	}
	type strange struct {
		Secret string `json:"secret" class:"personal"`
	}
	agg, err := event.NewAggregate(customer.Stream, func(*struct{}, any, event.Envelope) {}, func(*struct{}) []event.Claim { return nil },
		event.Define[strange]("Strange", "A strange thing.", event.Routine))
	check(t, err)
	if app.CheckTimeline(customer.Stream, agg.Definitions()) == nil || app.CheckTimeline("strange", nil) == nil { // control
		t.Error("a field without a group is not seen")
	}
}

// Every page, in both directions, is a part of the whole, whatever is filtered
// out and whatever comes meanwhile.
func TestTheTimelineIsReadInBothDirections(t *testing.T) {
	store, keys := stores(t)
	a := instance(t, store, keys, sameModel)
	v, err := a.Register(t.Context(), admin(), customer.Register{Email: "ada@example.test"})
	check(t, err)
	past := time.Now().Add(-1000 * time.Hour).UTC().Truncate(time.Second)
	for i := range 300 {
		kind := []consent.Status{consent.Granted, consent.Revoked}[i%2]
		_, err := a.RecordConsent(t.Context(), admin(), map[consent.Status]authz.Action{consent.Granted: authz.GrantConsent, consent.Revoked: authz.RevokeConsent}[kind], v.ID,
			consent.Record{Kind: kind, Source: "web", At: past.Add(time.Duration(i/3*3+2-i%3) * time.Minute), Evidence: consent.Evidence{Purpose: "marketing"}})
		if err != nil { // told out of order some acts are against the diagram
			continue
		}
	}
	read := func(f app.TimelineFilter, p app.TimelinePage) app.Timeline {
		t.Helper()
		out, err := a.Timeline(t.Context(), admin(), v.ID, f, p)
		check(t, err)
		return out
	}
	type place = app.TimelineMark
	all := func(f app.TimelineFilter, limit int) (marks []place) {
		p := app.TimelinePage{Limit: limit}
		for {
			out := read(f, p)
			for _, e := range out.Entries {
				marks = append(marks, e.Mark)
			}
			if p.Mark = out.Older; p.Mark.Position == 0 {
				return marks
			}
		}
	}
	whole := all(app.TimelineFilter{}, 200)
	if len(whole) < 150 || !slices.IsSortedFunc(whole, func(x, y place) int {
		if c := y.At.Compare(x.At); c != 0 {
			return c
		}
		return int(y.Position - x.Position)
	}) {
		t.Fatalf("%d entries, or out of order", len(whole))
	}
	for _, limit := range []int{1, 7, 50} {
		if got := all(app.TimelineFilter{}, limit); !slices.Equal(got, whole) {
			t.Errorf("by %d: %d entries of %d", limit, len(got), len(whole))
		}
	}
	var granted []place
	for _, e := range read(app.TimelineFilter{Types: []string{"ConsentGranted"}}, app.TimelinePage{Limit: 200}).Entries {
		granted = append(granted, e.Mark)
	}
	if got := all(app.TimelineFilter{Types: []string{"ConsentGranted"}}, 10); !slices.Equal(got, granted) || len(granted) < 20 {
		t.Errorf("%d grants by ten, %d at once", len(got), len(granted))
	}
	// Back from the oldest end to the newest, and on to what comes then.
	p := app.TimelinePage{Mark: whole[len(whole)-1], Newer: true, Limit: 20}
	back := []place{whole[len(whole)-1]}
	for range 1000 {
		out := read(app.TimelineFilter{}, p)
		for _, e := range slices.Backward(out.Entries) {
			back = append(back, e.Mark)
		}
		if p.Mark = out.Newer; len(out.Entries) == 0 {
			break
		}
	}
	slices.Reverse(back)
	if !slices.Equal(back, whole) {
		t.Errorf("back there are %d entries of %d", len(back), len(whole))
	}
	newest := read(app.TimelineFilter{}, app.TimelinePage{Limit: 1})
	_, err = a.PatchPreferences(t.Context(), admin(), authz.PatchPreferences, v.ID, map[string]any{"display.theme": "dark"})
	check(t, err)
	if out := read(app.TimelineFilter{}, app.TimelinePage{Mark: newest.Newer, Newer: true, Limit: 10}); len(out.Entries) != 1 || out.Entries[0].Type != "PreferencesUpdated" {
		t.Errorf("what came since: %+v", out.Entries)
	}
}

// Who was away for long is told so, once, and goes on from there.
func TestWhoMissedTooMuchIsTold(t *testing.T) {
	store, keys := stores(t)
	a := instance(t, store, keys, sameModel)
	v, err := a.Register(t.Context(), admin(), customer.Register{Email: "ada@example.test"})
	check(t, err)
	many := func(n int) {
		_, err := journal.Execute(t.Context(), a.Journal, a.Streams.Customers, journal.Command[customer.State, customer.Event]{ID: v.ID, Meta: event.Meta{Actor: event.ActorAdmin, At: time.Now()},
			Decide: func(*customer.State) ([]customer.Event, error) {
				return slices.Repeat([]customer.Event{customer.CommunicationOptOut{Channel: "sms"}}, n), nil
			}})
		check(t, err)
	}
	listen := func(after int64) (heard int, missed *app.Missed) {
		err := a.LiveTimeline(t.Context(), admin(), v.ID, after, time.Millisecond, func(entries []app.TimelineEntry, _ int64) error { heard += len(entries); return nil })
		if !errors.As(err, &missed) {
			check(t, err)
		}
		return heard, missed
	}
	many(4000)
	if heard, missed := listen(1); heard != 4000 || missed != nil {
		t.Errorf("%d of 4000, %v", heard, missed)
	}
	many(4000)
	_, missed := listen(1)
	if missed == nil || missed.Head != 8001 {
		t.Fatalf("%v", missed)
	}
	if heard, again := listen(missed.Head); heard != 0 || again != nil {
		t.Errorf("from there on %d, %v", heard, again)
	}
	if _, other := listen(missed.Head + 1000); other == nil { // of a log that is no more
		t.Error("a position that is not there yet is taken for one")
	}
}

// A page costs the same however long the timeline is.
func BenchmarkTimelinePage(b *testing.B) {
	for _, events := range []int{100, 10_000, 100_000} {
		_, keys := stores(b)
		store, err := sqlite.Open(b.Context(), b.TempDir()+"/events.db", sqlite.Options{})
		check(b, err)
		b.Cleanup(func() { store.Close() })
		a := instance(b, store, keys, sameModel)
		v, err := a.Register(b.Context(), admin(), customer.Register{Email: uuid.NewString() + "@example.test"})
		check(b, err)
		batch := min(events, 1000) // of one commit, so that a hundred thousand do not take minutes
		for i := range max(1, events/batch) {
			_, err := journal.Execute(b.Context(), a.Journal, a.Streams.Customers, journal.Command[customer.State, customer.Event]{ID: v.ID, Meta: event.Meta{Actor: event.ActorAdmin, At: time.Now().Add(time.Duration(i) * time.Second)},
				Decide: func(*customer.State) ([]customer.Event, error) {
					return slices.Repeat([]customer.Event{customer.CommunicationOptOut{Channel: "sms"}}, batch), nil
				}})
			check(b, err)
		}
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			for b.Loop() {
				_, err := a.Timeline(b.Context(), admin(), v.ID, app.TimelineFilter{}, app.TimelinePage{Limit: 50})
				check(b, err)
			}
		})
	}
}
