package httpapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/segment"
)

// Segment is a named group of customers.
type Segment struct {
	ID            string         `json:"id" format:"uuid"`
	Key           string         `json:"key"`
	Type          string         `json:"type" enum:"static,dynamic"`
	Name          string         `json:"name"`
	Description   string         `json:"description,omitempty"`
	Criteria      string         `json:"criteria,omitempty" doc:"The newest version of the rule"`
	Version       int            `json:"version" doc:"Of the rule"`
	Members       *int64         `json:"members,omitempty" doc:"That readers see, by the version that is applied; absent where the rule asks for an age and this caller sees names and may not see dates of birth"`
	Applied       int            `json:"applied" doc:"The version of the rule that members are by; 0: the first is still being calculated"`
	Recalculation *Recalculation `json:"recalculation,omitempty" doc:"Of the newest version, while it goes on"`
	UsedBy        []string       `json:"usedBy,omitempty" doc:"Keys of segments and ids of saved searches (search ID) whose rules ask for it; not in lists"`
	CreatedAt     time.Time      `json:"createdAt"`
	ChangedAt     time.Time      `json:"changedAt"`
}

// Recalculation is how far the calculation of a version has come.
type Recalculation struct {
	Version int   `json:"version"`
	Done    int64 `json:"done" doc:"Customers who came in or left"`
	Planned int64 `json:"planned" doc:"Of so many; 0 if that is not known yet"`
}

// SegmentVersion is a rule as it was from an instant on.
type SegmentVersion struct {
	Version      int       `json:"version"`
	Criteria     string    `json:"criteria,omitempty"`
	At           time.Time `json:"at" doc:"When it was given"`
	AppliedAt    time.Time `json:"appliedAt,omitzero" doc:"From when on readers saw its members; absent: not yet"`
	RolledBackTo int       `json:"rolledBackTo,omitempty" doc:"The version that had this rule before"`
}

// SegmentSize is how many members there were at an instant.
type SegmentSize struct {
	At      time.Time `json:"at"`
	Version int       `json:"version" doc:"Of the rule"`
	Members int64     `json:"members"`
	Entered int64     `json:"entered" doc:"Since the size before"`
	Left    int64     `json:"left"`
	Growth  float64   `json:"growth" doc:"Net of those who left, as a part of the size before; 0 if that was 0"`
	Churn   float64   `json:"churn" doc:"Those who left, as a part of the size before; 0 if that was 0"`
}

// SegmentPreview is whom a rule selects now.
type SegmentPreview struct {
	Count  int64         `json:"count"`
	Sample []string      `json:"sample" doc:"Ids of the first of them"`
	Change *SegmentDelta `json:"change,omitempty" doc:"What it would change of the segment"`
}

// SegmentDelta is who would come in and who would leave.
type SegmentDelta struct {
	Entering       int64    `json:"entering"`
	Leaving        int64    `json:"leaving"`
	EnteringSample []string `json:"enteringSample"`
	LeavingSample  []string `json:"leavingSample"`
}

// SegmentOverlaps are the combinations of some segments.
type SegmentOverlaps struct {
	Items []SegmentOverlap `json:"items" doc:"The combinations that somebody is in, in all of their segments and in none of the others: the most frequent first, at most 1,000"`
	More  *MoreOverlaps    `json:"more,omitempty" doc:"Those that are left out; absent: none"`
}

// SegmentOverlap is who is in all of some segments and in none of the others.
type SegmentOverlap struct {
	Segments []string `json:"segments" doc:"Keys"`
	Count    int64    `json:"count"`
}

// MoreOverlaps sums up combinations that are not told.
type MoreOverlaps struct {
	Combinations int64 `json:"combinations"`
	Customers    int64 `json:"customers" doc:"In all of them; each customer is in one combination"`
}

// SegmentRecomputed is what holding a rule against everybody again came to.
type SegmentRecomputed struct {
	Members *int64 `json:"members,omitempty" doc:"As in the segment: not told to everybody, and nor are the others"`
	Entered *int64 `json:"entered,omitempty" doc:"Who had been missing"`
	Left    *int64 `json:"left,omitempty" doc:"Who had been there by mistake"`
}

// SegmentMember is how a customer stands to a segment.
type SegmentMember struct {
	CustomerID string     `json:"customerId" format:"uuid"`
	SegmentID  string     `json:"segmentId" format:"uuid"`
	Segment    string     `json:"segment" doc:"Its key"`
	Member     bool       `json:"member"`
	Since      time.Time  `json:"since,omitzero" doc:"When it came in, or left"`
	By         string     `json:"by,omitempty" enum:"hand,rule"`
	Version    int        `json:"version,omitempty" doc:"Of the rule that said so"`
	Criteria   string     `json:"criteria,omitempty" doc:"The rule that readers see"`
	Explained  []RulePart `json:"explained,omitempty" doc:"The rule and its parts, each before its own parts, as they are now"`
}

// RulePart is a part of a rule and whether it holds.
type RulePart struct {
	Depth   int         `json:"depth" doc:"0: the rule"`
	Source  string      `json:"source"`
	Line    int         `json:"line"`
	Column  int         `json:"column"`
	Outcome string      `json:"outcome" enum:"true,false,unknown,withheld"`
	Values  []RuleValue `json:"values,omitempty"`
}

// RuleValue is the value of a field that a part asks for.
type RuleValue struct {
	Path     string `json:"path"`
	Value    any    `json:"value,omitempty" doc:"Absent: not known"`
	Withheld bool   `json:"withheld,omitzero" doc:"This caller may not see it"`
}

// CustomerSegment is a segment that a customer is in.
type CustomerSegment struct {
	ID      string    `json:"id" format:"uuid"`
	Key     string    `json:"key"`
	Name    string    `json:"name,omitempty"`
	Since   time.Time `json:"since"`
	By      string    `json:"by" enum:"hand,rule"`
	Version int       `json:"version" doc:"Of the rule"`
}

func renderSegment(v *app.SegmentView) *Segment {
	s := v.State
	out := &Segment{ID: v.ID.String(), Key: s.Key, Type: string(s.Type), Name: s.Name, Description: s.Description, Criteria: s.Latest().Criteria, Version: s.Latest().Number,
		Applied: s.Applied, UsedBy: v.UsedBy, CreatedAt: s.CreatedAt.UTC(), ChangedAt: s.ChangedAt.UTC()}
	if !v.Unsized {
		out.Members = &v.Members
	}
	if s.Calculating() {
		out.Recalculation = &Recalculation{out.Version, v.Done, v.Planned}
	}
	return out
}

func renderStanding(s *app.CustomerSegment) CustomerSegment {
	return CustomerSegment{ID: s.ID.String(), Key: s.Key, Name: s.Name, Since: s.Since.UTC(), By: string(s.By), Version: s.Version}
}

func renderVersion(v *segment.Version) SegmentVersion {
	out := SegmentVersion{Version: v.Number, Criteria: v.Criteria, At: v.At.UTC(), RolledBackTo: v.RolledBackTo}
	if !v.AppliedAt.IsZero() {
		out.AppliedAt = v.AppliedAt.UTC()
	}
	return out
}

// renderSizes adds what follows from the size before.
func renderSizes(sizes []segment.Size) []SegmentSize {
	out := make([]SegmentSize, len(sizes))
	for i, s := range sizes {
		out[i] = SegmentSize{At: s.At.UTC(), Version: s.Version, Members: s.Members, Entered: s.Entered, Left: s.Left}
		if before := s.Members - s.Entered + s.Left; before > 0 {
			out[i].Growth, out[i].Churn = float64(s.Entered-s.Left)/float64(before), float64(s.Left)/float64(before)
		}
	}
	return out
}

// flat lists a part of a rule and what it is made of, top-down.
func flat(out []RulePart, p *rule.Part, depth int) []RulePart {
	one := RulePart{Depth: depth, Source: p.Source, Line: p.Line, Column: p.Column, Outcome: string(p.Outcome)}
	for _, v := range p.Values {
		one.Values = append(one.Values, RuleValue{Path: v.Path, Value: v.Value, Withheld: v.Withheld})
	}
	out = append(out, one)
	for i := range p.Parts {
		out = flat(out, &p.Parts[i], depth+1)
	}
	return out
}

func renderOverlaps(found *app.Overlaps) SegmentOverlaps {
	out := SegmentOverlaps{Items: make([]SegmentOverlap, len(found.Told))}
	for i, o := range found.Told {
		out.Items[i] = SegmentOverlap(o)
	}
	if found.More > 0 {
		out.More = &MoreOverlaps{found.More, found.Others}
	}
	return out
}

func idsOf(ids []uuid.UUID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
