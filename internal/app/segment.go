package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/segment"
)

// Limits of what there may be, so that each change of a customer is judged in
// bounded time.
const (
	MaxDynamic = 1000
	MaxStatic  = 10_000
)

// SegmentView is a segment with how many members readers see.
type SegmentView struct {
	ID uuid.UUID
	index.LoadedSegment
	Members int64
	// Unsized: this caller is not told how many they are, nor how many come or go.
	Unsized bool
	// Done and Planned are how many members the calculation under way has come
	// to; Planned is 0 where there is none, or it is short.
	Done, Planned int64
	UsedBy        []string // segments by key and saved searches by id whose rules ask for it; of one segment alone
}

// overAll permits an operation on all customers or segments, and waits until they are as
// they were committed.
func (a *App) overAll(ctx context.Context, c *Call, action authz.Action) (authz.FieldMask, error) {
	mask, err := a.allowAny(c, action)
	if err != nil {
		return 0, err
	}
	return mask, a.whole(ctx, c)
}

// whole waits until all customers are known as they were committed, and keeps
// what is known for the call: the instance may have to let go of it meanwhile.
func (a *App) whole(ctx context.Context, c *Call) error {
	c.people, c.notes = a.Model.Roster(), a.Model.NoteIndex()
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return err
	}
	return a.Model.SearchReady(ctx)
}

// segment finds one by its id or key.
func (a *App) segment(ref string) (index.Defined, error) {
	id, err := uuid.Parse(ref)
	if err != nil {
		var ok bool
		if id, ok = a.Model.Segments().ByKey(ref); !ok {
			return index.Defined{}, fault.ErrNotFound
		}
	}
	l, ok := a.Model.Segments().Get(id)
	if !ok || !l.State.Exists() {
		return index.Defined{}, fault.ErrNotFound
	}
	return index.Defined{ID: id, LoadedSegment: l}, nil
}

// segmentNow is segmentView of what is known now: read after its members, or a
// version that is applied in between would be shown with those of the one before.
func (a *App) segmentNow(people *roster.Roster, d index.Defined) SegmentView {
	applied, members := people.Size(d.ID)
	if l, ok := a.Model.Segments().Get(d.ID); ok && l.State.Exists() {
		d.LoadedSegment = l
	}
	return shownSegment(people, d, applied, members)
}

func segmentView(people *roster.Roster, d index.Defined) SegmentView {
	applied, members := people.Size(d.ID)
	return shownSegment(people, d, applied, members)
}

// shownSegment is a segment with its members by a version. One that is applied but not
// shown yet is still being calculated, to whoever reads.
func shownSegment(people *roster.Roster, d index.Defined, applied int, members int64) SegmentView {
	if applied < d.State.Applied && d.State.Type == segment.Dynamic {
		before := *d.State
		before.Applied, d.State = applied, &before
	}
	v := SegmentView{ID: d.ID, LoadedSegment: d.LoadedSegment, Members: members}
	if d.State.Calculating() {
		v.Planned = d.State.Planned
		v.Done = min(v.Planned, people.Ahead(d.ID, d.State.Latest().Number))
	}
	return v
}

// ListSegments lists the segments that there are, by key.
func (a *App) ListSegments(ctx context.Context, c Call) ([]SegmentView, error) {
	mask, err := a.overAll(ctx, &c, authz.ListSegments)
	if err != nil {
		return nil, err
	}
	all := a.Model.Segments().All(false)
	out := make([]SegmentView, len(all))
	for i, d := range all {
		out[i] = a.sized(a.segmentNow(c.people, d), mask)
	}
	return out, nil
}

// GetSegment gives one segment.
func (a *App) GetSegment(ctx context.Context, c Call, ref string) (SegmentView, error) {
	v, err := a.getSegment(ctx, &c, authz.GetSegment, ref)
	if err == nil {
		v.UsedBy = a.usersOf(v.State.Key)
	}
	return v, err
}

func (a *App) getSegment(ctx context.Context, c *Call, action authz.Action, ref string) (SegmentView, error) {
	mask, err := a.overAll(ctx, c, action)
	if err != nil {
		return SegmentView{}, err
	}
	d, err := a.segment(ref)
	if err != nil {
		return SegmentView{}, err
	}
	return a.sized(a.segmentNow(c.people, d), mask), nil
}

// CreateSegment makes a segment. The members of a dynamic one come in behind the
// call.
func (a *App) CreateSegment(ctx context.Context, c Call, in segment.Create) (v SegmentView, err error) {
	mask, err := a.overAll(ctx, &c, authz.CreateSegment)
	if err != nil {
		return v, err
	}
	if in.Key == "" {
		in.Key = segment.KeyOf(in.Name)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return v, err
	}
	err = a.defining(ctx, func() error {
		if again, done, err := a.segmentAgain(ctx, &c); err != nil || done {
			v = again
			return err
		}
		if in.Criteria != "" {
			if _, err := a.compileFast(&c, in.Criteria, mask); err != nil {
				return err
			}
		}
		if err := a.roomFor(in.Type); err != nil {
			return err
		}
		v, err = a.changeSegment(ctx, &c, journal.Command[segment.State, segment.Event]{ID: id, New: true, Nobody: true, Decide: in.Decide})
		return err
	})
	return a.sized(v, mask), err
}

// roomFor counts what there is.
func (a *App) roomFor(t segment.Type) error {
	var n int
	for _, d := range a.Model.Segments().All(false) {
		if d.State.Type == t {
			n++
		}
	}
	if t == segment.Dynamic && n >= MaxDynamic || t == segment.Static && n >= MaxStatic {
		return fault.ErrTooManySegments
	}
	return nil
}

// compileFast refuses a rule, too, that takes too long over everybody there is: it
// is asked again and again.
func (a *App) compileFast(c *Call, source string, mask authz.FieldMask) (*rule.Rule, error) {
	r, err := a.compile(source, mask)
	if err != nil {
		return nil, err
	}
	if _, whole := c.people.SelectBriefly(r, a.Clock()); !whole {
		return nil, tooLong(rule.Pointer)
	}
	return r, nil
}

// compile checks a rule, and that the caller may see all that it asks for: who
// it selects tells that of everybody.
func (a *App) compile(source string, mask authz.FieldMask) (*rule.Rule, error) {
	r, err := a.Language.Compile(source)
	if err != nil {
		return nil, err
	}
	var hidden []string
	for _, f := range r.Fields() {
		if group, known := authz.ParseField(f.Group); !known || !mask.Has(group) {
			hidden = append(hidden, f.Path)
		}
	}
	for _, key := range r.Segments() {
		if inferring(mask) && a.keyTellsBirth(key, map[uuid.UUID]bool{}) {
			hidden = append(hidden, "customer.age through a segment")
			break
		}
	}
	if len(hidden) > 0 {
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: rule.Pointer, Code: "rule_forbidden_field", Msg: "you may not ask for " + strings.Join(hidden, ", ")})
	}
	return r, nil
}

// SegmentChange is what is to change of a segment; nil stays.
type SegmentChange struct {
	Name, Description, Criteria *string
	RollBackTo                  *int
}

// PatchSegment changes a segment. Who is in it by a new rule is calculated
// behind the call; readers see the members by the rule before until then.
func (a *App) PatchSegment(ctx context.Context, c Call, ref string, in SegmentChange) (v SegmentView, err error) {
	mask, err := a.overAll(ctx, &c, authz.PatchSegment)
	if err != nil {
		return v, err
	}
	switch {
	case in.Criteria != nil && *in.Criteria == "":
		return v, fault.ErrInvalid.At(fault.Field{Pointer: "/criteria", Code: "required", Msg: "a dynamic segment needs criteria"})
	case in.RollBackTo != nil && *in.RollBackTo < 1:
		return v, fault.ErrInvalid.At(fault.Field{Pointer: "/rollBackTo", Code: "unknown_version", Msg: "versions begin at 1"})
	}
	if in.Criteria != nil && in.RollBackTo != nil {
		return v, fault.ErrInvalid.At(fault.Field{Pointer: "/rollBackTo", Code: "ambiguous", Msg: "either criteria or the version to roll back to"})
	}
	err = a.defining(ctx, func() error {
		if again, done, err := a.segmentAgain(ctx, &c); err != nil || done {
			v = again
			return err
		}
		d, err := a.segment(ref)
		if err != nil {
			return err
		}
		change := segment.ChangeCriteria{}
		if in.Criteria != nil {
			change.Criteria = *in.Criteria
		}
		if in.RollBackTo != nil {
			change.RollBackTo = *in.RollBackTo
		}
		if in.Criteria != nil || in.RollBackTo != nil {
			if err := a.checkChange(&c, d, change, mask); err != nil {
				return err
			}
		}
		v, err = a.changeSegment(ctx, &c, journal.Command[segment.State, segment.Event]{ID: d.ID, IfMatch: c.IfMatch, Decide: func(s *segment.State) ([]segment.Event, error) {
			events, err := segment.Describe{Name: in.Name, Description: in.Description}.Decide(s)
			if err != nil || in.Criteria == nil && in.RollBackTo == nil {
				return events, err
			}
			more, err := change.Decide(s)
			if err != nil { // all of it or nothing
				return nil, err
			}
			return append(events, more...), nil
		}})
		return err
	})
	return a.sized(v, mask), err
}

// checkChange checks the rule that a segment is to have: it compiles, and does
// not come back to the segment.
func (a *App) checkChange(c *Call, d index.Defined, change segment.ChangeCriteria, mask authz.FieldMask) error {
	source := change.Criteria
	if n := change.RollBackTo; n > 0 && n <= len(d.State.Versions) {
		source = d.State.Versions[n-1].Criteria
	}
	if source == "" || d.State.Type != segment.Dynamic {
		return nil // deciding says why not
	}
	r, err := a.compileFast(c, source, mask)
	if err != nil {
		return err
	}
	if a.leadsTo(r, d.State.Key, map[string]bool{}) {
		return fault.ErrSegmentCycle
	}
	return nil
}

// leadsTo tells whether a rule depends on a segment, if only through others.
func (a *App) leadsTo(r *rule.Rule, key string, seen map[string]bool) bool {
	for _, other := range r.Segments() {
		if other == key {
			return true
		}
		if seen[other] {
			continue
		}
		seen[other] = true
		d, err := a.segment(other)
		if err != nil || d.State.Type != segment.Dynamic {
			continue
		}
		if next, err := a.Language.Compile(d.State.Latest().Criteria); err == nil && a.leadsTo(next, key, seen) {
			return true
		}
	}
	return false
}

// DeleteSegment ends a segment that no other depends on; its members are removed
// behind the call.
func (a *App) DeleteSegment(ctx context.Context, c Call, ref string) error {
	if _, err := a.overAll(ctx, &c, authz.DeleteSegment); err != nil {
		return err
	}
	return a.defining(ctx, func() error {
		if _, done, err := a.segmentAgain(ctx, &c); err != nil || done {
			return err
		}
		d, err := a.segment(ref)
		if err != nil {
			return err
		}
		if users := a.usersOf(d.State.Key); len(users) > 0 {
			return fault.ErrSegmentInUse.At(fault.Field{Code: "used_by", Msg: "it is asked for by " + strings.Join(users, ", ")})
		}
		_, err = a.changeSegment(ctx, &c, journal.Command[segment.State, segment.Event]{ID: d.ID, IfMatch: c.IfMatch, Decide: segment.Delete{}.Decide})
		return err
	})
}

// usersOf names the segments and saved searches whose rules ask for one; a saved
// search by its id, for its name is its owner's.
func (a *App) usersOf(key string) []string {
	users := []string{}
	for _, d := range a.Model.Segments().All(false) {
		if d.State.Key != key && (a.asks(d.State.Latest().Criteria, key) || a.asks(d.State.Seen(), key)) {
			users = append(users, d.State.Key)
		}
	}
	for id, l := range a.Model.Searches().Each() {
		if l.State.Exists() && a.asks(l.State.Search.Filter, key) {
			users = append(users, "search "+id.String())
		}
	}
	return users
}

// asks tells whether a rule asks for a segment. Most do not even have its key,
// written as it is or with escapes.
func (a *App) asks(source, key string) bool {
	if !strings.Contains(source, `"`+key+`"`) && !strings.Contains(source, "'"+key+"'") && !strings.Contains(source, `\`) {
		return false
	}
	r, err := a.Language.Compile(source)
	return err == nil && slices.Contains(r.Segments(), key)
}

// defining does one change of the segments after the other, on all instances: so
// that two of them together make no cycle, and no rule asks for what the other
// is deleting.
func (a *App) defining(ctx context.Context, do func() error) error {
	const life = 5 * time.Second
	holder, name := uuid.NewString(), "segment-definitions"
	for {
		held, err := a.Store.Lease(ctx, name, holder, life)
		if err != nil {
			return err
		}
		if held {
			break
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	defer func() { _ = a.Store.Release(context.WithoutCancel(ctx), name, holder) }()
	ctx, cancel := context.WithTimeout(ctx, life/2)
	defer cancel()
	if err := a.Model.SearchReady(ctx); err != nil {
		return err
	}
	return do()
}

// segmentAgain finds out whether a change was made already, under the key that it
// is sent with; then it gives the segment as that left it. What became of this
// segment and of others since is not held against it.
func (a *App) segmentAgain(ctx context.Context, c *Call) (v SegmentView, done bool, err error) {
	if c.Idempotency == nil {
		return v, false, nil
	}
	found, err := a.Store.Replay(ctx, a.requestKey(c))
	if err != nil || found == nil {
		return v, false, err
	}
	if found.Hash != c.Idempotency.Hash {
		return v, false, fault.ErrIdempotencyReuse
	}
	id := found.Stream.ID
	l, err := journal.AtVersion(ctx, a.Journal, a.Streams.Segments, id, found.Version)
	return segmentView(c.people, index.Defined{ID: id, LoadedSegment: l}), err == nil, err
}

func (a *App) changeSegment(ctx context.Context, c *Call, cmd journal.Command[segment.State, segment.Event]) (SegmentView, error) {
	cmd.Meta, cmd.Request = a.meta(c), a.request(c)
	l, err := journal.Execute(ctx, a.Journal, a.Streams.Segments, cmd)
	var replay *eventstore.ErrReplay
	var claimed *eventstore.ErrClaimed
	switch {
	case errors.As(err, &claimed):
		return SegmentView{}, fault.ErrSegmentKeyTaken.With(err)
	case errors.As(err, &replay): // the key was used meanwhile
		v, _, err := a.segmentAgain(ctx, c)
		return v, err
	case err != nil:
		return SegmentView{}, err
	}
	a.Model.PutSegment(cmd.ID, l)
	return segmentView(c.people, index.Defined{ID: cmd.ID, LoadedSegment: l}), nil
}
