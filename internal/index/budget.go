package index

import (
	"context"
	"time"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/noteindex"
	"github.com/acme/customers/internal/roster"
)

const (
	sizeEvery = time.Second      // while everything is being loaded
	sizeRests = 30 * time.Second // afterwards
)

// lacks tells why nothing about all customers can be answered, nil if it can.
func (m *Model) lacks() error {
	switch {
	case m.cfg.Off:
		return fault.ErrIndexOff
	case m.givenUp():
		return fault.ErrIndexBudget
	case !m.whole():
		return fault.ErrBehind.After(wait)
	}
	return nil
}

// watchSize measures what is kept of all customers, and ends the loading when it
// is more than the budget: then the instance serves single customers, lets go of
// the others, and says what it would need.
func (m *Model) watchSize(ctx context.Context, over context.CancelFunc) {
	for every := sizeEvery; pause(ctx, every); {
		if m.whole() {
			every = sizeRests
		}
		size := m.Roster().Measure()
		m.size.Store(size.Bytes)
		if m.cfg.Budget > 0 && size.Bytes > m.cfg.Budget && !m.givenUp() {
			m.exceeded(ctx, size.Bytes, size.Customers)
			over()
			m.release()
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// exceeded estimates what all customers take from what those do who are known.
func (m *Model) exceeded(ctx context.Context, bytes, customers int64) {
	needs := bytes
	if last, err := m.customers.lastNumber(ctx); err == nil && customers > 0 {
		needs = max(bytes, bytes/customers*last)
	}
	m.needs.Store(needs)
	m.cfg.Logger.Error("the index takes more memory than its budget: this instance serves single customers only", "budget", m.cfg.Budget, "needs", needs, "customers", customers,
		"code", fault.ErrIndexBudget.Code)
}

// givenUp tells whether all customers took more memory than they may.
func (m *Model) givenUp() bool { return m.needs.Load() > 0 }

// derived is what is kept of all customers.
type derived struct {
	facts  *Facts
	roster *roster.Roster
	noted  *noteindex.Index
}

func newDerived(cfg *Config) *derived {
	return &derived{newFacts(cfg.Weights), roster.New(cfg.Preferred, cfg.Weights, cfg.Collate...), noteindex.New(cfg.NoteText)}
}

// kept is where what changes goes, nil once it is let go of. It is taken before
// that is asked: what is taken later is what release leaves, and stays empty.
func (m *Model) kept() *derived {
	d := m.derived.Load()
	if m.givenUp() {
		return nil
	}
	return d
}

// release lets go of what was kept of all customers. Whoever is being answered
// has it until then, and whoever takes it from now on is told by lacks, which is
// asked after it is taken.
func (m *Model) release() {
	m.derived.Store(newDerived(&m.cfg))
	m.ends.clear()
	m.size.Store(m.Roster().Measure().Bytes)
}

// Size is how many bytes is kept of all customers, about, and how many there
// would have to be room for; 0 where that is enough.
func (m *Model) Size() (bytes, needs int64) { return m.size.Load(), m.needs.Load() }
