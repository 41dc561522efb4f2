// Package segment decides what may happen to a segment: a named group of
// customers, put together by hand (static) or by a rule (dynamic). It is pure,
// as customer is. Who is in it is in the customers' own streams (package
// membership); which version of the rule readers see is decided here.
package segment

import (
	"slices"
	"time"

	"github.com/acme/customers/internal/event"
)

// Stream is the stream type of this aggregate. A segment is nobody: it has keys
// of its own, and no number.
const Stream = "segment"

// Type says how members come in.
type Type string

// The types.
const (
	Static  Type = "static"  // by hand
	Dynamic Type = "dynamic" // by a rule
)

// State is a segment folded from its events.
type State struct {
	Key         string    `json:"key,omitempty"         class:"public"` // what rules and messages call it; it stays
	Type        Type      `json:"type,omitempty"        class:"public"`
	Name        string    `json:"name,omitempty"        class:"personal"`
	Description string    `json:"description,omitempty" class:"personal"`
	Versions    []Version `json:"versions,omitempty"    class:"personal"` // of the rule, 1, 2, 3, …; of a static segment one without criteria
	CreatedAt   time.Time `json:"createdAt,omitzero"    class:"public"`
	ChangedAt   time.Time `json:"changedAt,omitzero"    class:"public"`
	// Applied is the version that readers see, 0 until the first is calculated.
	// The last of Versions is ahead of it while that is being calculated.
	Applied int `json:"applied,omitempty" class:"public"`
	// Planned is how many members the calculation under way adds or removes.
	Planned int64 `json:"planned,omitempty" class:"public"`
	// Sizes are how many members there were, the last maxSizes times that it was
	// noted; Days are those before, one a day.
	Sizes   []Size `json:"sizes,omitempty"   class:"public"`
	Days    []Size `json:"days,omitempty"    class:"public"`
	Deleted bool   `json:"deleted,omitempty" class:"public"`
}

// Version is a rule as it was from an instant on.
type Version struct {
	Number       int       `json:"number"`
	Criteria     string    `json:"criteria,omitempty"`
	At           time.Time `json:"at"`
	RolledBackTo int       `json:"rolledBackTo,omitempty"`
	AppliedAt    time.Time `json:"appliedAt,omitzero"` // zero: it never was
}

// Size is how many members there were at an instant, and how many came and went
// since the size before.
type Size struct {
	At      time.Time `json:"at"`
	Version int       `json:"version"` // of the rule
	Members int64     `json:"members"`
	Entered int64     `json:"entered"`
	Left    int64     `json:"left"`
}

// A month of hours is kept, and two years of days before it: the state is written
// with each.
const (
	maxSizes = 31 * 24
	maxDays  = 2 * 365
)

// Exists reports whether there is such a segment.
func (s *State) Exists() bool { return s.Key != "" && !s.Deleted }

// Latest is the newest version of the rule.
func (s *State) Latest() Version {
	if len(s.Versions) == 0 {
		return Version{}
	}
	return s.Versions[len(s.Versions)-1]
}

// Calculating reports whether readers still see an older version.
func (s *State) Calculating() bool { return s.Applied < len(s.Versions) }

// Seen is the rule that readers see, "" before the first is applied.
func (s *State) Seen() string {
	if s.Applied == 0 {
		return ""
	}
	return s.Versions[s.Applied-1].Criteria
}

// Event is a fact about a segment.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// Created holds a new segment.
type Created struct {
	Key         string `json:"key"                   class:"public"`
	Type        Type   `json:"type"                  class:"public"`
	Name        string `json:"name"                  class:"personal"`
	Description string `json:"description,omitempty" class:"personal"`
	Criteria    string `json:"criteria,omitempty"    class:"personal"`
}

func (e Created) evolve(s *State, env event.Envelope) {
	*s = State{Key: e.Key, Type: e.Type, Name: e.Name, Description: e.Description, CreatedAt: env.OccurredAt, ChangedAt: env.OccurredAt,
		Versions: []Version{{Number: 1, Criteria: e.Criteria, At: env.OccurredAt}}}
	if e.Type == Static {
		s.apply(1, env.OccurredAt)
	}
}

// Described holds what changed of the words about a segment.
type Described struct {
	Name        *string `json:"name,omitempty"        class:"personal"`
	Description *string `json:"description,omitempty" class:"personal"`
}

func (e Described) evolve(s *State, env event.Envelope) {
	if e.Name != nil {
		s.Name = *e.Name
	}
	if e.Description != nil {
		s.Description = *e.Description
	}
	s.ChangedAt = env.OccurredAt
}

// CriteriaChanged holds a new version of the rule. Readers see the one before
// until it is calculated.
type CriteriaChanged struct {
	Key          string `json:"key"                    class:"public"`
	Version      int    `json:"version"                class:"public"`
	RolledBackTo int    `json:"rolledBackTo,omitempty" class:"public"` // the version that had this rule
	Criteria     string `json:"criteria"               class:"personal"`
}

func (e CriteriaChanged) evolve(s *State, env event.Envelope) {
	s.Versions = append(slices.Clip(s.Versions), Version{Number: e.Version, Criteria: e.Criteria, At: env.OccurredAt, RolledBackTo: e.RolledBackTo})
	s.Planned, s.ChangedAt = 0, env.OccurredAt
}

// RecalculationPlanned says how much a calculation will change.
type RecalculationPlanned struct {
	Key      string `json:"key"      class:"public"`
	Version  int    `json:"version"  class:"public"`
	Entering int64  `json:"entering" class:"public"`
	Leaving  int64  `json:"leaving"  class:"public"`
}

func (e RecalculationPlanned) evolve(s *State, _ event.Envelope) { s.Planned = e.Entering + e.Leaving }

// Recalculated says that readers see a version from now on.
type Recalculated struct {
	Key     string `json:"key"     class:"public"`
	Version int    `json:"version" class:"public"`
	Members int64  `json:"members" class:"public"`
	Entered int64  `json:"entered" class:"public"` // since the size before
	Left    int64  `json:"left"    class:"public"`
}

func (e Recalculated) evolve(s *State, env event.Envelope) {
	s.apply(e.Version, env.OccurredAt)
	s.Planned = 0
	s.size(Size{env.OccurredAt, e.Version, e.Members, e.Entered, e.Left})
}

// Measured says how many members there are.
type Measured struct {
	Key     string `json:"key"     class:"public"`
	Members int64  `json:"members" class:"public"`
	Entered int64  `json:"entered" class:"public"`
	Left    int64  `json:"left"    class:"public"`
}

func (e Measured) evolve(s *State, env event.Envelope) {
	s.size(Size{env.OccurredAt, s.Applied, e.Members, e.Entered, e.Left})
}

// Deleted says that a segment is no more. Its members are removed one by one.
type Deleted struct {
	Key string `json:"key" class:"public"`
}

func (e Deleted) evolve(s *State, env event.Envelope) { s.Deleted, s.ChangedAt = true, env.OccurredAt }

// apply leaves the versions alone that others read.
func (s *State) apply(version int, at time.Time) {
	s.Versions = slices.Clone(s.Versions)
	s.Versions[version-1].AppliedAt = at
	s.Applied = version
}

func (s *State) size(one Size) {
	s.Sizes = append(slices.Clip(s.Sizes), one)
	if len(s.Sizes) > maxSizes {
		s.day(s.Sizes[0])
		s.Sizes = s.Sizes[1:]
	}
}

// day keeps a size that is followed by a month of others: of a day (UTC) the
// last, with everybody who came and left.
func (s *State) day(one Size) {
	days := slices.Clone(s.Days)
	if last := len(days) - 1; last >= 0 && sameDay(days[last].At, one.At) {
		one.Entered, one.Left = one.Entered+days[last].Entered, one.Left+days[last].Left
		days = days[:last]
	}
	days = append(days, one)
	s.Days = days[max(0, len(days)-maxDays):]
}

func sameDay(a, b time.Time) bool {
	const day = 24 * time.Hour
	return a.Truncate(day).Equal(b.Truncate(day))
}

// AllSizes are those that are kept, the oldest first.
func (s *State) AllSizes() []Size { return slices.Concat(s.Days, s.Sizes) }

// ClaimKey is the kind of claim that a segment's key is unique by.
const ClaimKey = "segmentKey"

// Claims is the key, until the segment is deleted.
func Claims(s *State) []event.Claim {
	if !s.Exists() {
		return nil
	}
	return []event.Claim{{Kind: ClaimKey, Value: s.Key, Exclusive: true}}
}

// Events lists every event: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Created]("SegmentCreated", "A segment was made.", event.Routine),
		event.Define[Described]("SegmentDescribed", "A segment's name or description changed.", event.Routine),
		event.Define[CriteriaChanged]("SegmentCriteriaChanged", "A dynamic segment has a new version of its rule; who is in it follows when it is calculated.", event.Routine),
		event.Define[RecalculationPlanned]("SegmentRecalculationPlanned", "A new version of a rule is being calculated.", event.Routine),
		event.Define[Recalculated]("SegmentRecalculated", "A new version of a rule holds from now on.", event.Routine),
		event.Define[Measured]("SegmentMeasured", "How many members a segment has.", event.Routine),
		event.Define[Deleted]("SegmentDeleted", "A segment was deleted; its members are removed.", event.Routine),
	}
}

// New builds the aggregate.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, func(s *State, e any, env event.Envelope) { e.(Event).evolve(s, env) }, Claims, Events()...)
}
