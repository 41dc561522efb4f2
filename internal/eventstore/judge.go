package eventstore

import (
	"time"

	"github.com/acme/customers/internal/event"
)

// Judge decides a group: every commit is checked against what was seen and
// against the commits accepted before it; losers are dropped alone. It is
// pure, so that all drivers decide alike. now becomes RecordedAt, unless the
// log is ahead of it.
func Judge(seen *Seen, commits []Commit, now time.Time) (Plan, []Verdict) {
	now = now.UTC().Truncate(time.Microsecond)
	if now.Before(seen.Recorded) {
		now = seen.Recorded
	}
	j := judge{seen: seen, plan: Plan{Recorded: now, Head: seen.Head},
		snapshots: map[event.Stream]int{}, heads: map[event.Stream]int{}, claims: map[holding]int{}}
	verdicts := make([]Verdict, len(commits))
	for i := range commits {
		if err := j.check(&commits[i]); err != nil {
			verdicts[i].Err = err
			continue
		}
		verdicts[i].Committed = j.accept(&commits[i])
	}
	j.settle()
	return j.plan, verdicts
}

type judge struct {
	seen      *Seen
	plan      Plan
	snapshots map[event.Stream]int // index into plan.Snapshots
	heads     map[event.Stream]int // index into plan.Streams
	claims    map[holding]int      // index into changes
	changes   []change             // the net effect of the group, in order of first mention
}

// check changes nothing.
func (j *judge) check(c *Commit) error {
	if malformed(c) {
		return ErrEmpty
	}
	if c.Request != nil { // first: a replay must not be told that it conflicts with itself
		if r, ok := j.seen.Requests[c.Request.Key]; ok {
			return &ErrReplay{Request: r}
		}
	}
	for _, id := range c.Inbox {
		if j.seen.Inbox[id] {
			return ErrDuplicate
		}
	}
	for _, s := range c.Register {
		if j.seen.Fenced[s] {
			return ErrFenced
		}
		if j.seen.Known[s] {
			return &ErrConflict{Stream: event.Stream{Type: "subject", ID: s}, Actual: 1}
		}
	}
	for i := range c.Appends {
		if err := j.checkAppend(&c.Appends[i]); err != nil {
			return err
		}
	}
	return j.checkClaims(c)
}

func (j *judge) checkAppend(a *Append) error {
	if j.seen.Fenced[a.Subject] {
		return ErrFenced
	}
	if actual := j.seen.Versions[a.Stream]; actual != a.Expected {
		return &ErrConflict{Stream: a.Stream, Expected: a.Expected, Actual: actual}
	}
	return nil
}

func (j *judge) accept(c *Commit) Committed {
	out := Committed{RecordedAt: j.plan.Recorded}
	for _, id := range c.Register {
		s := Subject{ID: id, Ordinal: j.seen.Ordinals, Number: j.seen.Ordinals + 1}
		j.seen.Ordinals++
		j.seen.Known[id] = true
		j.plan.Subjects = append(j.plan.Subjects, s)
		out.Subjects = append(out.Subjects, s)
	}
	for i := range c.Appends {
		j.append(&c.Appends[i])
	}
	for _, cl := range c.Release {
		j.release(cl)
	}
	for _, cl := range c.Add {
		j.claim(cl)
	}
	for _, id := range c.Inbox {
		j.seen.Inbox[id] = true
	}
	j.plan.Inbox = append(j.plan.Inbox, c.Inbox...)
	if c.Request != nil {
		r := *c.Request
		r.Expires = r.Expires.UTC().Truncate(time.Microsecond)
		j.seen.Requests[r.Key] = r
		j.plan.Requests = append(j.plan.Requests, r)
	}
	out.Position = j.plan.Head
	return out
}

func (j *judge) append(a *Append) {
	for _, r := range a.Records {
		j.plan.Head++
		r.Position, r.RecordedAt = j.plan.Head, j.plan.Recorded
		r.OccurredAt = r.OccurredAt.UTC().Truncate(time.Microsecond)
		j.plan.Records = append(j.plan.Records, r)
	}
	version := a.Expected + int64(len(a.Records))
	j.seen.Versions[a.Stream] = version
	head := StreamHead{Stream: a.Stream, Subject: a.Subject, Version: version}
	if i, ok := j.heads[a.Stream]; ok {
		j.plan.Streams[i] = head
	} else {
		j.heads[a.Stream] = len(j.plan.Streams)
		j.plan.Streams = append(j.plan.Streams, head)
	}
	if a.Snapshot == nil {
		return
	}
	s := *a.Snapshot
	s.Stream, s.Subject, s.Version, s.Position = a.Stream, a.Subject, version, j.plan.Head
	if i, ok := j.snapshots[a.Stream]; ok {
		j.plan.Snapshots[i] = s
	} else {
		j.snapshots[a.Stream] = len(j.plan.Snapshots)
		j.plan.Snapshots = append(j.plan.Snapshots, s)
	}
}
