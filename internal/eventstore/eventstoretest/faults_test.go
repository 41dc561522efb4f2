package eventstoretest

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// fault is one way to break the contract, and the cases that must notice.
type fault struct {
	name      string
	let       func(*faulty)
	noticedBy []string
}

func (f fault) broken(s eventstore.Store) eventstore.Store { return breaking(s, f.let) }

var faults = slices.Concat(commitFaults, claimFaults, readFaults, coordinateFaults, revocationFaults)

// edit makes a fault that changes commits on their way in.
func edit(change func(*eventstore.Commit)) func(*faulty) {
	return func(f *faulty) {
		f.commit = func(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
			c.Appends = slices.Clone(c.Appends)
			change(&c)
			return f.Store.Commit(ctx, c)
		}
	}
}

var commitFaults = []fault{
	{"ignores the expected version", ignoreExpected, []string{
		"the expected version decides", "a commit over several streams is all or nothing",
		"of 64 writers at one version one wins", "instances see each other's commits"}},
	{"commits each stream on its own", commitApart, []string{"a commit over several streams is all or nothing"}},
	{"loses the trace", edit(func(c *eventstore.Commit) {
		for i := range c.Appends {
			c.Appends[i].Records = slices.Clone(c.Appends[i].Records)
			for n := range c.Appends[i].Records {
				c.Appends[i].Records[n].Trace = ""
			}
		}
	}), []string{"what is written is read back"}},
	{"takes a malformed commit for nothing", func(f *faulty) {
		f.commit = func(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
			out, err := f.Store.Commit(ctx, c)
			if errors.Is(err, eventstore.ErrEmpty) {
				err = nil
			}
			return out, err
		}
	}, []string{"a malformed commit is refused"}},
	{"ignores the context", func(f *faulty) {
		f.commit = func(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
			return f.Store.Commit(context.WithoutCancel(ctx), c)
		}
	}, []string{"an ended context commits nothing"}},
	{"forgets messages", edit(func(c *eventstore.Commit) {
		if len(c.Inbox) > 0 {
			c.Inbox = []string{uuid.NewString()}
		}
	}), []string{"a message is handled once", "a log that is opened again holds everything"}},
	{"forgets requests", edit(func(c *eventstore.Commit) {
		if c.Request != nil {
			c.Request = &eventstore.Request{Key: sha256.Sum256([]byte(uuid.NewString())), Expires: c.Request.Expires}
		}
	}), []string{"a request is replayed until it expires", "of equal requests at the same time one takes effect"}},
	{"burns the numbers of losers", burnNumbers, []string{"numbers are dense, losers burn none"}},
	{"takes registrations lightly", edit(func(c *eventstore.Commit) { c.Register = nil }), []string{
		"a subject registers once", "numbers are dense, losers burn none"}},
	{"writes no snapshots", edit(func(c *eventstore.Commit) {
		for i := range c.Appends {
			c.Appends[i].Snapshot = nil
		}
	}), []string{"a snapshot is written with its commit", "a subject needs no row", "a scan goes by id", "load gives what exists"}},
	{"resnapshots whatever the version", func(f *faulty) {
		f.resnapshot = func(context.Context, eventstore.Snapshot) (bool, error) { return true, nil }
	}, []string{"a resnapshot needs the stream's version"}},
}

// ignoreExpected writes after whatever is there, which is what a store without
// optimistic concurrency does.
func ignoreExpected(f *faulty) {
	f.commit = func(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
		for {
			out, err := f.Store.Commit(ctx, c)
			conflict, ok := errors.AsType[*eventstore.ErrConflict](err)
			if !ok || conflict.Stream.Type == "subject" {
				return out, err
			}
			c.Appends = slices.Clone(c.Appends)
			for i, a := range c.Appends {
				if a.Stream == conflict.Stream {
					c.Appends[i] = appendTo(a.Stream, a.Subject, conflict.Actual, len(a.Records))
				}
			}
		}
	}
}

func commitApart(f *faulty) {
	f.commit = func(ctx context.Context, c eventstore.Commit) (out eventstore.Committed, err error) {
		appends := c.Appends
		if len(appends) < 2 {
			return f.Store.Commit(ctx, c)
		}
		for _, a := range appends {
			c.Appends = []eventstore.Append{a}
			if out, err = f.Store.Commit(ctx, c); err != nil {
				return out, err
			}
			c = eventstore.Commit{}
		}
		return out, nil
	}
}

// burnNumbers draws numbers before the checks, as a sequence does.
func burnNumbers(f *faulty) {
	var mu sync.Mutex
	next := int64(0)
	f.commit = func(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
		mu.Lock()
		first := next
		next += int64(len(c.Register))
		mu.Unlock()
		out, err := f.Store.Commit(ctx, c)
		for i := range out.Subjects {
			out.Subjects[i].Ordinal, out.Subjects[i].Number = first+int64(i), first+int64(i)+1
		}
		return out, err
	}
}

var claimFaults = []fault{
	{"does not check claims", edit(func(c *eventstore.Commit) {
		c.Add = slices.Clone(c.Add)
		for i := range c.Add {
			c.Add[i].Exclusive = false
		}
	}), []string{"an exclusive claim has one holder", "claims of another kind are other claims",
		"claims and numbers stay unique under racing commands"}},
	{"lets claims go with their commit", edit(func(c *eventstore.Commit) { c.Add = nil }), []string{
		"a shared claim has many holders", "a claim moves within one commit"}},
	{"releases nothing", edit(func(c *eventstore.Commit) { c.Release = nil }), []string{
		"a released claim is free", "a claim moves within one commit"}},
	{"fences nothing", func(f *faulty) { f.fence = func(context.Context, uuid.UUID) error { return nil } }, []string{
		"a fence stops every commit for the subject", "a fence takes claims and snapshots away",
		"a fence may come before the subject", "a fence wins against commits under way"}},
	{"fences registered subjects only", func(f *faulty) {
		f.fence = func(ctx context.Context, id uuid.UUID) error {
			if page, err := f.Store.About(ctx, id, eventstore.Range{Limit: 1}); err != nil || len(page) == 0 {
				return err
			}
			return f.Store.Fence(ctx, id)
		}
	}, []string{"a fence may come before the subject"}},
	{"checks the fence before the lock", func(f *faulty) {
		var mu sync.Mutex
		fenced := map[uuid.UUID]bool{}
		f.fence = func(ctx context.Context, id uuid.UUID) error {
			mu.Lock()
			defer mu.Unlock()
			fenced[id] = true
			return nil
		}
		f.commit = func(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
			mu.Lock()
			late := len(c.Appends) > 0 && fenced[c.Appends[0].Subject]
			mu.Unlock()
			if late {
				return eventstore.Committed{}, eventstore.ErrFenced
			}
			return f.Store.Commit(ctx, c)
		}
	}, []string{"a fence wins against commits under way"}},
}
