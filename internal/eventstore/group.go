package eventstore

import (
	"context"
	"errors"

	"github.com/acme/customers/internal/batch"
	"github.com/acme/customers/internal/fault"
)

// GroupSize is how many commits share one transaction at most.
const GroupSize = 256

// Group turns a driver's transaction over many commits into Writer.Commit,
// tells the beacon of it, and keeps the records for those who follow.
type Group struct {
	writer *batch.Writer[Commit, Committed]
	recent Recent
}

// NewGroup starts grouping. write gives what was written and one verdict per
// commit, or an error that is every commit's.
func NewGroup(beacon *Beacon, write func(context.Context, []Commit) (Plan, []Verdict, error)) *Group {
	g := &Group{}
	g.writer = batch.New(GroupSize, func(ctx context.Context, commits []Commit) []batch.Outcome[Committed] {
		out := make([]batch.Outcome[Committed], len(commits))
		plan, verdicts, err := write(ctx, commits)
		if err == nil {
			g.recent.Add(plan.Records)
			beacon.Raise(plan.Head)
		}
		for i := range out {
			if err != nil {
				out[i].Err = err
				continue
			}
			out[i].Value, out[i].Err = verdicts[i].Committed, verdicts[i].Err
		}
		return out
	})
	return g
}

// Recent gives records after a position from memory, see Recent.After.
func (g *Group) Recent(after int64, limit int) ([]Record, bool) { return g.recent.After(after, limit) }

// Commit is Writer.Commit.
func (g *Group) Commit(ctx context.Context, c Commit) (Committed, error) {
	if err := ctx.Err(); err != nil {
		return Committed{}, err
	}
	out, err := g.writer.Do(ctx, c)
	if errors.Is(err, batch.ErrClosed) {
		err = fault.ErrUnavailable.With(err)
	}
	return out, err
}

// Close writes what was handed in.
func (g *Group) Close() { g.writer.Close() }
