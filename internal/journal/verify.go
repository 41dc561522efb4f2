package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// Finding is one thing that is not as it should be. It names ids only.
type Finding struct {
	Kind     string // "gap", "no_snapshot", "differs" or "unreadable"
	Stream   event.Stream
	Position int64
	Err      error
}

// Progress counts what was looked at so far.
type Progress struct {
	Records, Streams, Findings int64
}

// Report receives findings and, now and then, progress. It is called by one
// goroutine at a time.
type Report struct {
	Finding  func(Finding)
	Progress func(Progress)
}

// ErrGap says that positions are not 1, 2, 3, ….
var ErrGap = errors.New("journal: a position is missing")

// Verify checks the whole log of one aggregate up to the present head:
// positions are gapless, every stream has a snapshot, and every stream replays
// to its snapshot, which opens every ciphertext on the way. It serves
// alongside traffic. The error says that it could not look.
func Verify[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], report Report) (Progress, error) {
	v := verifier[S]{j: j, agg: agg, report: report}
	if err := v.positions(ctx); err != nil {
		return v.done, err
	}
	err := eachSnapshot(ctx, j, agg.Name, func(page []eventstore.Loaded) error { return v.streams(ctx, page) })
	return v.done, err
}

// VerifyStreams is Verify for an aggregate beside the one whose run checks the
// positions.
func VerifyStreams[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], done Progress, report Report) (Progress, error) {
	v := verifier[S]{j: j, agg: agg, report: report, done: done}
	err := eachSnapshot(ctx, j, agg.Name, func(page []eventstore.Loaded) error { return v.streams(ctx, page) })
	return v.done, err
}

type verifier[S any] struct {
	j      *Journal
	agg    *event.Aggregate[S]
	report Report
	done   Progress
}

func (v *verifier[S]) found(f Finding) {
	v.done.Findings++
	v.report.Finding(f)
}

func (v *verifier[S]) positions(ctx context.Context) error {
	head, err := v.j.store.Head(ctx)
	if err != nil {
		return err
	}
	for at := int64(0); at < head; {
		records, err := v.j.store.Feed(ctx, at, page)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			v.found(Finding{Kind: "gap", Position: at + 1, Err: ErrGap})
			return nil
		}
		for _, r := range records {
			if r.Position != at+1 {
				v.found(Finding{Kind: "gap", Position: at + 1, Err: fmt.Errorf("%w: %d follows %d", ErrGap, r.Position, at)})
			}
			at = r.Position
		}
		v.done.Records += int64(len(records))
		if err := v.snapshots(ctx, records); err != nil {
			return err
		}
		v.report.Progress(v.done)
	}
	return nil
}

// snapshots checks that the streams that begin in these records have one.
func (v *verifier[S]) snapshots(ctx context.Context, records []eventstore.Record) error {
	begun := map[event.Stream]int64{}
	var streams []event.Stream
	for _, r := range records {
		if r.Version == 1 && r.Stream.Type == v.agg.Name {
			begun[r.Stream] = r.Position
			streams = append(streams, r.Stream)
		}
	}
	if len(streams) == 0 {
		return nil
	}
	found, err := v.j.store.Load(ctx, streams...)
	if err != nil {
		return err
	}
	for _, l := range found {
		delete(begun, l.Stream)
	}
	for stream, position := range begun {
		if keys, err := v.j.vault.Keys(ctx, stream.ID); err == nil && keys != nil { // an erased one has none
			v.found(Finding{Kind: "no_snapshot", Stream: stream, Position: position, Err: ErrDiffers})
		}
	}
	return nil
}

// streams replays a page of streams, two at a time: one waits while one opens.
func (v *verifier[S]) streams(ctx context.Context, page []eventstore.Loaded) error {
	errs := make([]error, len(page))
	var g errgroup.Group
	g.SetLimit(2)
	for i := range page {
		g.Go(func() error {
			errs[i] = Check(ctx, v.j, v.agg, &page[i].Snapshot)
			return nil
		})
	}
	_ = g.Wait()
	for i, err := range errs {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrDiffers):
			v.found(Finding{Kind: "differs", Stream: page[i].Stream, Position: page[i].Position, Err: err})
		case err != nil:
			v.found(Finding{Kind: "unreadable", Stream: page[i].Stream, Position: page[i].Position, Err: err})
		}
	}
	v.done.Streams += int64(len(page))
	v.report.Progress(v.done)
	return nil
}

// Rebuild makes every snapshot of the aggregate anew, alongside traffic.
// done is what other aggregates' runs have counted.
func Rebuild[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], done Progress, report Report) (Progress, error) {
	err := eachSnapshot(ctx, j, agg.Name, func(page []eventstore.Loaded) error {
		for i := range page {
			if page[i].Row.Fenced {
				continue
			}
			if err := Resnapshot(ctx, j, agg, page[i].Stream.ID); err != nil {
				done.Findings++
				report.Finding(Finding{Kind: "unreadable", Stream: page[i].Stream, Position: page[i].Position, Err: err})
			}
		}
		done.Streams += int64(len(page))
		report.Progress(done)
		return ctx.Err()
	})
	return done, err
}

func eachSnapshot(ctx context.Context, j *Journal, streamType string, do func([]eventstore.Loaded) error) error {
	after := uuid.Nil
	for {
		found, err := j.store.Scan(ctx, streamType, after, page)
		if err != nil || len(found) == 0 {
			return err
		}
		if err := do(found); err != nil {
			return err
		}
		after = found[len(found)-1].Stream.ID
	}
}
