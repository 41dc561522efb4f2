package reactor_test

import (
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/membership"
)

// wrong lists what is not as a naive look at the streams gives it: members at any
// instance, the word of the last events, and the order of events.
func (f *fleet) wrong(ids []uuid.UUID) (out []string) {
	f.Helper()
	a, ctx, now := f.members[len(f.members)-1], f.Context(), f.clock()
	f.must(a.model.WaitHead(ctx, index.Freshness{}))
	defined, keys := map[string]index.Defined{}, map[string]string{}
	for _, d := range a.model.Segments().All(true) {
		defined[d.State.Key], keys[d.ID.String()] = d, d.State.Key
		if d.State.Calculating() && !d.State.Deleted {
			out = append(out, d.State.Key+" is being calculated")
		}
	}
	want := map[string]map[uuid.UUID]bool{}
	for key := range defined {
		want[key] = map[uuid.UUID]bool{}
	}
	for _, id := range ids {
		p := f.person(id)
		in := map[string]bool{}
		if d := defined["hand"]; d.State != nil {
			in["hand"] = p.in.Member(d.ID)
		}
		for _, key := range []string{"tags", "window", "bought", "lapsed", "others"} { // each after those that it asks for
			d := defined[key]
			in[key] = plain[d.State.Latest().Criteria](&p, now, in)
		}
		for key, d := range defined {
			if in[key] != p.in.Member(d.ID) {
				out = append(out, fmt.Sprintf("%s: by its streams a customer is in it: %v, by its events: %v", key, in[key], p.in.Member(d.ID)))
			}
			if in[key] {
				want[key][id] = true
			}
		}
		out = append(out, disorder(f.comings(id))...)
	}
	for _, i := range f.members {
		for key := range defined {
			got := map[uuid.UUID]bool{}
			if defined[key].State.Exists() {
				page, err := i.SegmentMembers(ctx, grown, key, time.Time{}, 0, 1<<20)
				f.must(err)
				for _, id := range page.IDs {
					got[id] = true
				}
			}
			if !maps.Equal(got, want[key]) {
				out = append(out, fmt.Sprintf("%s: an instance has %d members, they are %d", key, len(got), len(want[key])))
			}
		}
	}
	return out
}

// coming is an event of a customer's memberships: into a segment, or out.
type coming struct {
	segment string
	in      bool
	version int
}

func (f *fleet) comings(id uuid.UUID) (all []coming) {
	f.Helper()
	a := f.members[len(f.members)-1]
	if l, err := journal.Load(f.Context(), a.Journal, a.Streams.Memberships, id); err != nil || l.Version == 0 {
		return nil
	}
	f.must(journal.Replay(f.Context(), a.Journal, a.Streams.Memberships, id, func(s journal.Step[membership.State]) bool {
		switch e := s.Event.(type) {
		case *membership.Assigned:
			all = append(all, coming{e.SegmentID, true, e.Version})
		case *membership.Removed:
			all = append(all, coming{e.SegmentID, false, e.Version})
		}
		return true
	}))
	return all
}

// disorder lists comings that follow comings, goings that follow goings, and what
// an older version said after a newer.
func disorder(all []coming) (out []string) {
	last := map[string]coming{}
	for _, c := range all {
		if before := last[c.segment]; before.in == c.in {
			out = append(out, fmt.Sprintf("%s: twice %v", c.segment, c.in))
		} else if c.version < before.version {
			out = append(out, fmt.Sprintf("%s: version %d after %d", c.segment, c.version, before.version))
		}
		last[c.segment] = c
	}
	return out
}

// settled waits until nothing is wrong, and gives what is left when that never
// comes.
func (f *fleet) settled(ids []uuid.UUID) (wrong []string) {
	f.until(func() bool { wrong = f.wrong(ids); return len(wrong) == 0 })
	return wrong
}
