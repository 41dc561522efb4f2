package app_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/noteindex"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/segment"
)

// letsGo is a model that lets go of all customers right after it has said that
// they are known.
type letsGo struct {
	app.Model
	said bool
}

func (m *letsGo) SearchReady(ctx context.Context) error {
	err := m.Model.SearchReady(ctx)
	m.said = m.said || err == nil
	return err
}

func (m *letsGo) Roster() *roster.Roster {
	if m.said {
		return roster.New(customer.DefaultPreferences(), customer.DefaultWeights())
	}
	return m.Model.Roster()
}

func (m *letsGo) Ordinals(ids []uuid.UUID) (known []uint32, others []uuid.UUID) {
	if m.said {
		return nil, ids
	}
	return m.Model.Ordinals(ids)
}

func (m *letsGo) NoteIndex() *noteindex.Index {
	if m.said {
		return noteindex.New(0)
	}
	return m.Model.NoteIndex()
}

// What an instance has begun to answer about all customers it answers as a whole,
// though it lets go of them meanwhile.
func TestWhatIsBegunIsAnsweredAsAWhole(t *testing.T) {
	s := open(t)
	var ids []uuid.UUID
	for i := range 5 {
		ids = append(ids, s.register(t, customer.Register{Email: fmt.Sprintf("a%d@example.org", i), Name: customer.Name{Given: "Ada", Family: fmt.Sprint("Byron", i)}}).ID)
	}
	<-s.Model.(*index.Model).Loaded()
	for _, key := range []string{"vip", "other"} {
		_, err := s.CreateSegment(t.Context(), admin(), segment.Create{Key: key, Name: key, Type: segment.Static})
		check(t, err)
	}
	for _, id := range ids[:3] {
		check(t, s.ChangeMember(t.Context(), admin(), "vip", id, true))
	}
	_, err := s.AddNote(t.Context(), admin(), ids[0], note.Add{ID: uuid.NewString(), Type: "support", Content: "called"})
	check(t, err)
	ctx, whole := t.Context(), s.Model
	for name, ask := range map[string]func() (any, error){
		"search": func() (any, error) {
			return s.SearchCustomers(ctx, admin(), app.CustomerQuery{Text: "ada", Limit: 9})
		},
		"preview": func() (any, error) { return s.PreviewSegment(ctx, admin(), `customer.email.present`, "vip") },
		"overlap": func() (any, error) { return s.OverlapSegments(ctx, admin(), []string{"vip", "other"}) },
		"members": func() (any, error) { return s.SegmentMembers(ctx, admin(), "vip", time.Time{}, 0, 9) },
		"past":    func() (any, error) { return s.SegmentMembers(ctx, admin(), "vip", time.Now(), 0, 9) },
		"list":    func() (any, error) { return s.ListSegments(ctx, admin()) },
		"one":     func() (any, error) { return s.GetSegment(ctx, admin(), "vip") },
		"load": func() (any, error) {
			line, _ := app.ByNumber.Named(2, "", "C-00000002")
			return s.LoadMembers(ctx, admin(), "vip", app.ByNumber, []app.Named{line}, true)
		},
		"notes": func() (any, error) {
			return s.SearchNotes(ctx, as(authz.RoleSupport), app.NoteSearch{Text: "called", Limit: 9})
		},
		"export": func() (any, error) {
			var all []roster.Hit
			err := s.ExportSearch(ctx, admin(), app.CustomerQuery{}, -1, func(hits []roster.Hit, _ int64) error { all = slices.Concat(all, hits); return nil })
			return all, err
		},
	} {
		s.Model = whole
		want, err := ask()
		check(t, err)
		s.Model = &letsGo{Model: whole}
		got, err := ask()
		if d := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); err != nil || d != "" {
			t.Errorf("%s: %v (-whole +while it lets go)\n%s", name, err, d)
		}
		s.Model = &letsGo{Model: whole, said: true} // the control: what is let go of is missed
		if got, err := ask(); err == nil && fmt.Sprint(want) == fmt.Sprint(got) {
			t.Errorf("%s asks for nothing of all customers", name)
		}
	}
}

// Whoever is found by what is personal is on record, though this instance does
// not know them, or not any more.
func TestWhoIsFoundByALoadIsOnRecord(t *testing.T) {
	s := open(t)
	s.register(t, customer.Register{Email: "ada@example.org"})
	<-s.Model.(*index.Model).Loaded()
	_, err := s.CreateSegment(t.Context(), admin(), segment.Create{Key: "vip", Name: "vip", Type: segment.Static})
	check(t, err)
	line, _ := app.ByEmail.Named(2, "", "ada@example.org")
	whole := s.Model
	for name, m := range map[string]app.Model{"it is known": whole, "it is let go of": &letsGo{Model: whole}} {
		log := &recorded{Log: s.log}
		s.Model, s.Access = m, log
		_, err := s.LoadMembers(t.Context(), admin(), "vip", app.ByEmail, []app.Named{line}, true)
		check(t, err)
		found := false
		for i := range log.entries {
			e := &log.entries[i]
			found = found || e.Bulk != nil && e.Bulk.Contains(0)
		}
		if !found {
			t.Errorf("%s: nobody is on record", name)
		}
	}
}
