package index

import (
	"errors"
	"testing"

	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
)

// An instance without an index serves single customers, as fresh as any, and
// says why it does nothing else.
func TestWithoutAnIndexSingleCustomersAreServed(t *testing.T) {
	s := newService(t, memory.Open())
	before := s.register(t)
	m := s.modelOf(t, func(c *Config) { c.Off = true })
	after := s.register(t)
	waitReady(t, m)
	if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []Loaded{must(m.Get(t.Context(), before)), must(m.Get(t.Context(), after))} {
		if id.State == nil {
			t.Error("a customer is not served")
		}
	}
	if err := m.SearchReady(t.Context()); !errors.Is(err, fault.ErrIndexOff) {
		t.Errorf("%v", err)
	}
	if _, err := m.Statistics(t.Context()); !errors.Is(err, fault.ErrIndexOff) {
		t.Errorf("%v", err)
	}
}

// Above its budget an instance does the same, and says what it needs.
func TestAboveItsBudgetAnInstanceServesSingleCustomers(t *testing.T) {
	s := newService(t, memory.Open())
	for range 50 {
		s.register(t)
	}
	enough := s.modelOf(t, func(c *Config) { c.Budget = 1 << 30 })
	little := s.modelOf(t, func(c *Config) { c.Budget = 1 })
	<-enough.Loaded()
	for _, needs := little.Size(); needs == 0; _, needs = little.Size() { // it is measured once a second
		if t.Context().Err() != nil {
			t.Fatal("nothing is said")
		}
	}
	waitReady(t, little)
	if err := little.SearchReady(t.Context()); !errors.Is(err, fault.ErrIndexBudget) {
		t.Errorf("%v", err)
	}
	if err := enough.SearchReady(t.Context()); err != nil {
		t.Errorf("control: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func waitReady(t *testing.T, m *Model) {
	t.Helper()
	for m.Ready(t.Context()) != nil {
		if t.Context().Err() != nil {
			t.Fatal("it is never ready")
		}
	}
}
