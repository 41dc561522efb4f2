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
			q.about(a.Subject)
		}
		for _, id := range c.Register {
			q.about(id)
		}
		for _, cl := range c.Add {
			if cl.Exclusive {
				q.Claims = append(q.Claims, cl.ClaimHash)
			}
			q.about(cl.Subject)
		}
		q.Inbox = append(q.Inbox, c.Inbox...)
		if c.Request != nil {
			q.Requests = append(q.Requests, c.Request.Key)
		}
	}
	return q
}

// about asks for a subject, unless it was the last one asked for: most commits
// name one subject several times.
func (q *Question) about(id uuid.UUID) {
	if n := len(q.Subjects); n == 0 || q.Subjects[n-1] != id {
		q.Subjects = append(q.Subjects, id)
	}
}

// NewSeen is the answer of an empty log, to be filled in.
func NewSeen() *Seen {
	return &Seen{
		Versions: map[event.Stream]int64{}, Holders: map[ClaimHash]uuid.UUID{},
		Known: map[uuid.UUID]bool{}, Fenced: map[uuid.UUID]bool{},
		Inbox: map[string]bool{}, Requests: map[[32]byte]Request{},
	}
}
