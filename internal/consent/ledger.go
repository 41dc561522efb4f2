package consent

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/acme/customers/internal/event"
)

// add puts an act where its time says. Acts of the same time stay in the order
// in which they were recorded.
func (s *State) add(kind Status, e Evidence, expires time.Time, env event.Envelope) {
	act := Act{Kind: kind, At: env.OccurredAt, ExpiresAt: expires, Notice: e.Notice, Method: e.Method, Surface: e.Surface,
		Source: env.Source, Actor: string(env.Actor), Version: env.Version}
	acts := insert(s.Acts[e.Purpose], act)
	s.Acts = maps.Clone(s.Acts) // others read the state before
	if s.Acts == nil {
		s.Acts = map[string][]Act{}
	}
	s.Acts[e.Purpose] = acts
}

// insert gives new acts with one more in its place.
func insert(acts []Act, act Act) []Act {
	at := slices.IndexFunc(acts, func(a Act) bool { return a.At.After(act.At) })
	if at < 0 {
		at = len(acts)
	}
	return slices.Insert(slices.Clip(slices.Clone(acts)), at, act)
}

// next are the transitions of the specification's diagram. To give a consent
// again renews it.
var next = map[Status][]Status{
	NotRequested: {Pending},
	Pending:      {Pending, Granted, Denied},
	Granted:      {Granted, Revoked, Expired},
	Denied:       {Granted, Denied},
	Revoked:      {Granted, Revoked},
	Expired:      {Granted, Expired},
}

// Allowed tells whether the diagram lets a consent go from one state to
// another, or stay in it.
func Allowed(from, to Status) bool { return slices.Contains(next[from], to) }

// Standing is what holds for a purpose at an instant.
type Standing struct {
	Purpose string
	Status  Status
	Since   time.Time // of the act or the end that made it so; zero for NotRequested
	Act     Act       // that made it so: the grant, of a consent that ran out
}

// effective gives the acts that changed what holds, in their order. A recorded
// end says nothing that its grant did not; and to be asked again takes nothing
// away, as when an import tells of an answer that was given long before.
func effective(acts []Act) iter.Seq[*Act] {
	return func(yield func(*Act) bool) {
		asked := true // nothing but asking was done yet
		for i := range acts {
			a := &acts[i]
			if a.Kind == Expired || a.Kind == Pending && !asked {
				continue
			}
			asked = asked && a.Kind == Pending
			if !yield(a) {
				return
			}
		}
	}
}

// At gives what holds at an instant: what the last act up to and including it
// says. A grant whose end has come is expired, whether or not that was recorded
// yet: what is recorded of ends proves them, and decides nothing.
func (s *State) At(purpose string, at time.Time) Standing {
	out := Standing{Purpose: purpose, Status: NotRequested}
	for a := range effective(s.Acts[purpose]) {
		if a.At.After(at) {
			break
		}
		out.Act, out.Status, out.Since = *a, a.Kind, a.At
	}
	if out.Act.over(at) {
		out.Status, out.Since = Expired, out.Act.ExpiresAt
	}
	return out
}

// over tells whether a grant has come to its end.
func (a *Act) over(at time.Time) bool {
	return a.Kind == Granted && !a.ExpiresAt.IsZero() && !a.ExpiresAt.After(at)
}

// legal tells whether acts in their order never leave the diagram, with the
// ends that came in between.
func legal(acts []Act) bool {
	last := &Act{Kind: NotRequested}
	for a := range effective(acts) {
		from := last.Kind
		if last.over(a.At) {
			from = Expired
		}
		if !Allowed(from, a.Kind) {
			return false
		}
		last = a
	}
	return true
}

// Ended lists the grants whose end has come and was not recorded, renewed ones
// too.
func (s *State) Ended(at time.Time) (ended []Standing) {
	for _, p := range s.Purposes() {
		last := &Act{}
		end := func(before time.Time) {
			if !last.over(before) {
				return
			}
			if !slices.ContainsFunc(s.Acts[p], func(a Act) bool { return a.Kind == Expired && a.At.Equal(last.ExpiresAt) }) {
				ended = append(ended, Standing{Purpose: p, Status: Expired, Since: last.ExpiresAt, Act: *last})
			}
		}
		for a := range effective(s.Acts[p]) {
			if a.At.After(at) {
				break
			}
			end(a.At.Add(-1)) // what followed at the very end put it off
			last = a
		}
		end(at)
	}
	return ended
}

// Latest is when the last act about any purpose was done. On another instance,
// whose clock is ahead, that may be later than now is here.
func (s *State) Latest() (at time.Time) {
	for _, acts := range s.Acts {
		if last := acts[len(acts)-1].At; last.After(at) {
			at = last
		}
	}
	return at
}

// Recorded is the version of the stream that recorded the last act.
func (s *State) Recorded() (version int64) {
	for _, acts := range s.Acts {
		for i := range acts {
			version = max(version, acts[i].Version)
		}
	}
	return version
}

// Purposes lists the purposes that something is known of, sorted.
func (s *State) Purposes() []string { return slices.Sorted(maps.Keys(s.Acts)) }

// NextEnd is the soonest end that is not recorded, whether it has come or is to
// come; zero when there is none.
func (s *State) NextEnd() (end time.Time) {
	for _, st := range s.Ended(forever) {
		if end.IsZero() || st.Since.Before(end) {
			end = st.Since
		}
	}
	return end
}

var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
