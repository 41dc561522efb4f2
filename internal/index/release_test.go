package index

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
)

// giveUp does what watchSize does above the budget.
func (m *Model) giveUp(t *testing.T) {
	m.exceeded(t.Context(), 100, 1)
	m.release()
}

// Above its budget an instance lets go of what it knew of all customers, and
// answers about single ones as before.
func TestAboveItsBudgetAnInstanceLetsGoOfWhatItKnew(t *testing.T) {
	s := newService(t, memory.Open())
	m, _ := s.model(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var ids []uuid.UUID
	for range 20 {
		id := s.register(t)
		s.act(t, id, at)
		ids = append(ids, id)
	}
	<-m.Loaded()
	if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
		t.Fatal(err)
	}
	m.ends.Add(ids[0], at)
	before := m.Roster().Measure()
	if known, _ := m.Ordinals(ids); before.Customers != 20 || len(known) != 20 {
		t.Errorf("the control: %d and %d customers are known", before.Customers, len(known))
	}
	m.giveUp(t)
	ids = append(ids, s.register(t)) // nobody follows that any more
	s.act(t, ids[20], at)
	if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
		t.Fatal(err)
	}
	bytes, _ := m.Size()
	if known, _ := m.Ordinals(ids); m.Roster().Measure().Customers != 0 || len(known) != 0 || bytes >= before.Bytes || m.Ends().Len() != 0 {
		t.Errorf("%d customers, %d ordinals, %d bytes and %d ends are kept", m.Roster().Measure().Customers, len(known), bytes, m.Ends().Len())
	}
	for _, id := range ids {
		l, err := m.Get(t.Context(), id)
		if err != nil || l.State == nil {
			t.Fatal(err)
		}
		if seen, err := m.LastSeen(t.Context(), id, l.Row.Ordinal); err != nil || !seen.Equal(at) {
			t.Errorf("last seen at %s, %v", seen, err)
		}
	}
	if _, err := m.Having(t.Context(), AddressPending); !errors.Is(err, fault.ErrIndexBudget) {
		t.Errorf("%v", err)
	}
}

// What was read for all customers before an instance lets go, and arrives after
// that, is kept by nobody: an erasure would not reach it any more.
func TestWhatArrivesAfterItIsLetGoOfIsNotKept(t *testing.T) {
	s := newService(t, memory.Open())
	m, _ := s.model(t)
	id := s.register(t)
	s.act(t, id, time.Now())
	s.grant(t, id, "marketing")
	<-m.Loaded()
	arrive := func() {
		t.Helper()
		for _, f := range m.followers {
			if err := f.(interface {
				load(context.Context, int) error
			}).load(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	kept := func() string {
		known, _ := m.Ordinals([]uuid.UUID{id})
		people := m.Roster()
		return fmt.Sprint(len(known), people.Measure().Customers, people.Asked("marketing"), people.LastElsewhere(0).IsZero())
	}
	if arrive(); kept() != "1 1 1 false" {
		t.Errorf("the control: %s", kept())
	}
	m.giveUp(t)
	if arrive(); kept() != "0 0 0 true" {
		t.Errorf("%s are kept", kept())
	}
}

// Whoever asks while an instance lets go is told all or nothing.
func TestWhileAnInstanceLetsGoAnswersAreWholeOrRefused(t *testing.T) {
	s := newService(t, memory.Open())
	for range 30 {
		s.register(t)
	}
	for range 20 {
		m, stop := s.model(t)
		<-m.Loaded()
		var asking sync.WaitGroup
		for range 2 {
			asking.Go(func() {
				for {
					people := m.Roster()
					if err := m.SearchReady(t.Context()); errors.Is(err, fault.ErrIndexBudget) {
						return
					} else if err != nil {
						continue
					}
					if n := people.Measure().Customers; n != 30 {
						t.Errorf("%d customers", n)
						return
					}
					if counted, err := m.Statistics(t.Context()); err == nil && counted.Total != 30 {
						t.Errorf("%d are counted", counted.Total)
						return
					}
				}
			})
		}
		m.giveUp(t)
		asking.Wait()
		stop()
	}
}

// The control for the test above: to ask before all is taken would not do.
func TestToAskBeforeWouldNotDo(t *testing.T) {
	s := newService(t, memory.Open())
	s.register(t)
	m, _ := s.model(t)
	<-m.Loaded()
	if err := m.SearchReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.giveUp(t)
	if m.Roster().Measure().Customers != 0 {
		t.Error("nothing is let go")
	}
}
