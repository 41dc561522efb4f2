package eventstore

import (
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
)

// Seen is what a driver reads under its append lock for one group: the answers
// to a Question. Judge moves it forward as it accepts commits, so that later
// commits of a group see the earlier ones.
type Seen struct {
	Head     int64
	Recorded time.Time // RecordedAt of the head
	Ordinals int64     // subjects so far: the next ordinal
	Versions map[event.Stream]int64
	Holders  map[ClaimHash]uuid.UUID // exclusive claims only
	Known    map[uuid.UUID]bool      // subjects that have a row
	Fenced   map[uuid.UUID]bool      // whether or not they have a row
	Inbox    map[string]bool
	Requests map[[32]byte]Request // not expired
}

// Question is what Judge needs to know about a group.
type Question struct {
	Streams  []event.Stream
	Claims   []ClaimHash // exclusive ones
	Subjects []uuid.UUID
	Inbox    []string
	Requests [][32]byte
}

// Plan is what a driver writes for the accepted commits of a group, in one
// transaction. All of it was checked.
type Plan struct {
	Records   []Record
	Snapshots []Snapshot // the last one per stream
	Streams   []StreamHead
	Subjects  []Subject
	Add       []Claim
	Release   []Claim // to delete before Add is inserted
	Inbox     []string
	Requests  []Request
	Recorded  time.Time
	Head      int64
}

// StreamHead is the version of a stream after the group.
type StreamHead struct {
	Stream  event.Stream
	Subject uuid.UUID
	Version int64
}

// Verdict is what became of one commit of a group.
type Verdict struct {
	Committed
	Err error
}

// Ask collects what Judge needs to know.
func Ask(commits []Commit) Question {
	var q Question
	for i := range commits {
		c := &commits[i]
		for _, a := range c.Appends {
			q.Streams = append(q.Streams, a.Stream)
			q.Subjects = append(q.Subjects, a.Subject)
		}
		q.Subjects = append(q.Subjects, c.Register...)
		for _, cl := range c.Add {
			if cl.Exclusive {
				q.Claims = append(q.Claims, cl.ClaimHash)
			}
			q.Subjects = append(q.Subjects, cl.Subject)
		}
		q.Inbox = append(q.Inbox, c.Inbox...)
		if c.Request != nil {
			q.Requests = append(q.Requests, c.Request.Key)
		}
	}
	return q
}

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
		snapshots: map[event.Stream]int{}, heads: map[event.Stream]int{}, claims: map[holding]change{}}
	verdicts := make([]Verdict, len(commits))
	for i := range commits {
		if err := j.check(&commits[i]); err != nil {
			verdicts[i].Err = err
			continue
		}
		verdicts[i].Committed = j.accept(&commits[i])
	}
	for _, ch := range j.claims {
		if ch.added {
			j.plan.Add = append(j.plan.Add, ch.claim)
		} else {
			j.plan.Release = append(j.plan.Release, ch.claim)
		}
	}
	return j.plan, verdicts
}

type judge struct {
	seen      *Seen
	plan      Plan
	snapshots map[event.Stream]int // index into plan.Snapshots
	heads     map[event.Stream]int // index into plan.Streams
	claims    map[holding]change   // the net effect of the group
}

// holding is one subject's hold on one claim.
type holding struct {
	hash    ClaimHash
	subject uuid.UUID
}

type change struct {
	claim Claim
	added bool
}

func (j *judge) release(cl Claim) {
	if j.seen.Holders[cl.ClaimHash] == cl.Subject {
		delete(j.seen.Holders, cl.ClaimHash)
	}
	j.claims[holding{cl.ClaimHash, cl.Subject}] = change{claim: cl}
}

func (j *judge) claim(cl Claim) {
	if cl.Exclusive {
		j.seen.Holders[cl.ClaimHash] = cl.Subject
	}
	j.claims[holding{cl.ClaimHash, cl.Subject}] = change{claim: cl, added: true}
}

// check changes nothing.
func (j *judge) check(c *Commit) error {
	if len(c.Appends) == 0 && len(c.Inbox) == 0 && c.Request == nil {
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
	if len(a.Records) == 0 {
		return ErrEmpty
	}
	for n, r := range a.Records {
		if r.Stream != a.Stream || r.Subject != a.Subject || r.Version != a.Expected+int64(n)+1 {
			return ErrEmpty
		}
	}
	return nil
}

func (j *judge) checkClaims(c *Commit) error {
	for _, cl := range c.Add {
		if j.seen.Fenced[cl.Subject] {
			return ErrFenced
		}
		if !cl.Exclusive {
			continue
		}
		if holder, held := j.seen.Holders[cl.ClaimHash]; held && holder != cl.Subject {
			return &ErrClaimed{Kind: cl.Kind, Holder: holder}
		}
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
		j.seen.Requests[c.Request.Key] = *c.Request
		j.plan.Requests = append(j.plan.Requests, *c.Request)
	}
	out.Position = j.plan.Head
	return out
}

func (j *judge) append(a *Append) {
	for _, r := range a.Records {
		j.plan.Head++
		r.Position, r.RecordedAt = j.plan.Head, j.plan.Recorded
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
