package eventstore_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// A group means what its commits mean one after another: the same verdicts,
// the same tables. Few streams, subjects and values, so that much collides.
func trial(t *rapid.T, judge decide) error {
	grouped, single := newModel(), newModel()
	for n := range rapid.IntRange(1, 4).Draw(t, "groups") {
		if rapid.IntRange(0, 3).Draw(t, "fence") == 0 {
			id := subject(t)
			for _, m := range []*model{grouped, single} {
				m.fence(id)
			}
		}
		commits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) eventstore.Commit { return commit(t, grouped) }), 1, 8).Draw(t, "commits")
		now := start.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "clock")) * time.Second)
		if err := compare(judge, grouped, single, commits, now); err != nil {
			return fmt.Errorf("group %d: %w", n, err)
		}
	}
	return nil
}

func property(t *rapid.T) {
	if err := trial(t, eventstore.Judge); err != nil {
		t.Fatal(err)
	}
}

// notices tries a judge on as many histories as the property does.
func notices(judge decide) bool {
	trials := rapid.Custom(func(t *rapid.T) error { return trial(t, judge) })
	for seed := range 300 {
		if trials.Example(seed) != nil {
			return true
		}
	}
	return false
}

func compare(judge decide, grouped, single *model, commits []eventstore.Commit, now time.Time) error {
	plan, together := judge(grouped.see(eventstore.Ask(commits)), commits, now)
	if err := grouped.apply(plan); err != nil {
		return err
	}
	for i, c := range commits {
		one := []eventstore.Commit{c}
		plan, alone := eventstore.Judge(single.see(eventstore.Ask(one)), one, now)
		if err := single.apply(plan); err != nil {
			return err
		}
		if a, b := fmt.Sprint(together[i]), fmt.Sprint(alone[0]); a != b {
			return fmt.Errorf("commit %d: in a group %s, alone %s", i, a, b)
		}
	}
	if d := cmp.Diff(single, grouped, cmp.AllowUnexported(model{})); d != "" {
		return fmt.Errorf("the tables differ (-one by one +grouped):\n%s", d)
	}
	return nil
}

// fence is what a driver's Fence does to the tables.
func (m *model) fence(id uuid.UUID) {
	m.fenced[id] = true
	for c := range m.claims {
		if c.Subject == id {
			delete(m.claims, c)
		}
	}
}

func subject(t *rapid.T) uuid.UUID { return uuid.UUID{byte(rapid.IntRange(1, 4).Draw(t, "subject"))} }

// commit makes a commit that is right more often than not: it expects the
// version from before the group, or one or two more.
func commit(t *rapid.T, m *model) (c eventstore.Commit) {
	for range rapid.IntRange(0, 2).Draw(t, "appends") {
		id := subject(t)
		st := event.Stream{Type: rapid.SampledFrom([]string{"customer", "note"}).Draw(t, "type"), ID: id}
		expected := m.versions[st] + int64(rapid.SampledFrom([]int{0, 0, 0, 1, 2, -1}).Draw(t, "ahead"))
		a := eventstore.Append{Stream: st, Subject: id, Expected: expected}
		for n := range rapid.SampledFrom([]int64{1, 1, 2, 0}).Draw(t, "records") {
			a.Records = append(a.Records, eventstore.Record{Envelope: event.Envelope{Stream: st, Subject: id, Version: expected + n + 1}})
		}
		if rapid.Bool().Draw(t, "snapshot") {
			a.Snapshot = &eventstore.Snapshot{}
		}
		c.Appends = append(c.Appends, a)
	}
	claim := rapid.Custom(func(t *rapid.T) eventstore.Claim {
		return eventstore.Claim{ClaimHash: eventstore.ClaimHash{Kind: "email", Hash: [32]byte{byte(rapid.IntRange(1, 2).Draw(t, "hash"))}},
			Subject: subject(t), Exclusive: rapid.IntRange(0, 3).Draw(t, "shared") > 0}
	})
	c.Add = rapid.SliceOfN(claim, 0, 2).Draw(t, "add")
	c.Release = rapid.SliceOfN(claim, 0, 1).Draw(t, "release")
	c.Register = rapid.SliceOfN(rapid.Custom(subject), 0, 1).Draw(t, "register")
	c.Inbox = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 1).Draw(t, "inbox")
	if key := rapid.IntRange(0, 6).Draw(t, "request"); key > 3 {
		c.Request = &eventstore.Request{Key: [32]byte{byte(key)}}
	}
	return c
}

func TestAGroupMeansItsCommitsOneAfterAnother(t *testing.T) { rapid.Check(t, property) }

func FuzzJudge(f *testing.F) { f.Fuzz(rapid.MakeFuzz(property)) }

// The control: judges that forget one thing each.
func TestThePropertyNoticesAWrongJudge(t *testing.T) {
	for name, wrong := range map[string]decide{
		"compares every commit with the start of the group": func(seen *eventstore.Seen, commits []eventstore.Commit, now time.Time) (p eventstore.Plan, v []eventstore.Verdict) {
			p.Head, p.Recorded = seen.Head, now
			for _, c := range commits {
				fresh := *seen
				fresh.Versions, fresh.Holders = maps.Clone(seen.Versions), maps.Clone(seen.Holders)
				fresh.Known, fresh.Inbox, fresh.Requests = maps.Clone(seen.Known), maps.Clone(seen.Inbox), maps.Clone(seen.Requests)
				one, verdict := eventstore.Judge(&fresh, []eventstore.Commit{c}, now)
				p.Records, p.Add, p.Release = append(p.Records, one.Records...), append(p.Add, one.Add...), append(p.Release, one.Release...)
				p.Subjects, p.Inbox, p.Requests = append(p.Subjects, one.Subjects...), append(p.Inbox, one.Inbox...), append(p.Requests, one.Requests...)
				v = append(v, verdict...)
			}
			return p, v
		},
		"has not seen who holds claims": func(seen *eventstore.Seen, c []eventstore.Commit, now time.Time) (eventstore.Plan, []eventstore.Verdict) {
			clear(seen.Holders)
			return eventstore.Judge(seen, c, now)
		},
		"has not seen fences": func(seen *eventstore.Seen, c []eventstore.Commit, now time.Time) (eventstore.Plan, []eventstore.Verdict) {
			clear(seen.Fenced)
			return eventstore.Judge(seen, c, now)
		},
		"trusts the clock": func(seen *eventstore.Seen, c []eventstore.Commit, now time.Time) (eventstore.Plan, []eventstore.Verdict) {
			seen.Recorded = time.Time{}
			return eventstore.Judge(seen, c, now)
		},
		"drops what is released": func(seen *eventstore.Seen, c []eventstore.Commit, now time.Time) (eventstore.Plan, []eventstore.Verdict) {
			p, v := eventstore.Judge(seen, c, now)
			p.Release = nil
			return p, v
		},
	} {
		if !notices(wrong) {
			t.Errorf("a judge that %s passes", name)
		}
	}
}
