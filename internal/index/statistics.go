package index

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

// Statistics counts all customers. It holds numbers only. The erased are not
// in it, and neither are those whose record does not open.
type Statistics struct {
	Position      int64            `json:"position"` // of the log, up to which it counts
	Total         int64            `json:"total"`
	ByStatus      map[string]int64 `json:"byStatus"`
	ByType        map[string]int64 `json:"byType"`
	Registrations map[string]int64 `json:"registrations"` // by day, UTC, "2026-11-23"
	Completeness  Scores           `json:"completeness"`
	Funnel        []Stage          `json:"funnel"`
	Addresses     AddressCounts    `json:"addresses"`
	Consents      []Covered        `json:"consents"`
	Unreadable    int64            `json:"unreadable"` // customers whose record does not open
}

// Scores sums up the scores of all customers.
type Scores struct {
	Average   float64          `json:"average"`   // 0-100
	Above80   float64          `json:"above80"`   // share 0-1 of customers with a score over 80
	Histogram [10]int64        `json:"histogram"` // scores 0-9, 10-19, …, 90-100
	Missing   map[string]int64 `json:"missing"`   // customers that lack a part
}

// AddressCounts sums up the addresses of all customers.
type AddressCounts struct {
	Total     int64   `json:"total"`
	Validated float64 `json:"validated"` // share 0-1 of those that are valid or corrected
}

// Covered is how many customers have a status on record for a purpose that
// rests on consent.
type Covered struct {
	Purpose  string  `json:"purpose"`
	Recorded int64   `json:"recorded"`
	Share    float64 `json:"share"` // of all customers, 0-1
}

// Stage is one step of the registration funnel. A customer counts for a stage
// once it has reached it, whatever comes later, and it may skip one: support
// can activate who never verified an address.
type Stage struct {
	Name  string  `json:"name"` // registered, verification_requested, email_verified, activated
	Count int64   `json:"count"`
	Share float64 `json:"share"` // of the registered
}

// sums are kept up to date with each fact, so that to ask costs nothing.
type sums struct {
	all, score, above80, requested, verified, activated int64
	addresses, validated                                int64
	byStatus, byType                                    [256]int64 // by number of the name
	histogram                                           [10]int64
	missing                                             [16]int64
	days                                                map[int64]int64 // since 1970
}

func newSums() sums { return sums{days: map[int64]int64{}} }

const day = int64(24 * time.Hour / time.Microsecond)

// add counts an ordinal n times: 1 or -1.
func (s *sums) add(f *Facts, o int, n int64) {
	s.all += n
	s.byStatus[f.statuses[o]] += n
	s.byType[f.types[o]] += n
	score := f.scores[o]
	s.score += n * int64(score)
	s.histogram[min(score/10, 9)] += n
	if score > 80 {
		s.above80 += n
	}
	for i := range f.parts {
		if f.missing[o]&(1<<i) != 0 {
			s.missing[i] += n
		}
	}
	s.addresses += n * int64(f.addresses[o])
	s.validated += n * int64(f.validated[o])
	if f.flags[o]&ReachedRequest != 0 {
		s.requested += n
	}
	if f.flags[o]&ReachedVerified != 0 {
		s.verified += n
	}
	if f.activated[o] != 0 {
		s.activated += n
	}
	d := floorDay(f.registered[o])
	if s.days[d] += n; s.days[d] == 0 {
		delete(s.days, d)
	}
}

// floorDay rounds down, also before 1970.
func floorDay(micros int64) int64 {
	d := micros / day
	if micros%day < 0 {
		d--
	}
	return d
}

// Statistics counts as of one position.
func (f *Facts) Statistics() Statistics {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.statistics()
}

func (f *Facts) statistics() Statistics {
	s := &f.sum
	out := Statistics{Position: f.position, Total: s.all, ByStatus: map[string]int64{}, ByType: map[string]int64{},
		Registrations: make(map[string]int64, len(s.days)), Unreadable: int64(len(f.unreadable))}
	out.Addresses = AddressCounts{s.addresses, share(s.validated, s.addresses)}
	for i, name := range f.names {
		if s.byStatus[i] > 0 {
			out.ByStatus[name] = s.byStatus[i]
		}
		if s.byType[i] > 0 {
			out.ByType[name] = s.byType[i]
		}
	}
	for d, n := range s.days {
		out.Registrations[time.UnixMicro(d*day).UTC().Format(time.DateOnly)] = n
	}
	out.Completeness = Scores{Average: share(s.score, s.all), Above80: share(s.above80, s.all), Histogram: s.histogram, Missing: map[string]int64{}}
	for i, name := range f.parts {
		if s.missing[i] > 0 {
			out.Completeness.Missing[name] = s.missing[i]
		}
	}
	out.Funnel = []Stage{
		{"registered", s.all, share(s.all, s.all)},
		{"verification_requested", s.requested, share(s.requested, s.all)},
		{"email_verified", s.verified, share(s.verified, s.all)},
		{"activated", s.activated, share(s.activated, s.all)},
	}
	return out
}

func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// Having lists the customers that have a flag, as of the last WaitHead of the
// caller or newer. fault.ErrBehind while the facts are being loaded.
func (m *Model) Having(_ context.Context, flag Flags) ([]uuid.UUID, error) {
	facts := m.Facts()
	switch {
	case m.givenUp():
		return nil, fault.ErrIndexBudget
	case !m.customers.live():
		return nil, fault.ErrBehind.After(wait)
	}
	return facts.Having(flag), nil
}

// Statistics counts all customers, as of the last WaitHead of the caller or
// newer. fault.ErrBehind while the facts are being loaded.
func (m *Model) Statistics(context.Context) (Statistics, error) {
	facts := m.Facts()
	if err := m.lacks(); err != nil {
		return Statistics{}, err
	}
	return facts.Statistics(), nil
}
