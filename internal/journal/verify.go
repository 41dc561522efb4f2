package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

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

// Kind is an aggregate of which its streams matter, and not its state's type.
type Kind struct {
	Name        string // of its streams
	Definitions []event.Definition

	open       func(context.Context, *Journal, *eventstore.Record) (event.Recorded, error)
	check      func(context.Context, *Journal, *eventstore.Snapshot) error
	resnapshot func(context.Context, *Journal, uuid.UUID) error
}

// KindOf gives the kind of an aggregate.
func KindOf[S any](agg *event.Aggregate[S]) Kind {
	return Kind{Name: agg.Name, Definitions: agg.Definitions(),
		open: func(ctx context.Context, j *Journal, r *eventstore.Record) (event.Recorded, error) {
			return Open(ctx, j, agg, r)
		},
		check: func(ctx context.Context, j *Journal, s *eventstore.Snapshot) error { return Check(ctx, j, agg, s) },
		resnapshot: func(ctx context.Context, j *Journal, id uuid.UUID) error {
			return Resnapshot(ctx, j, agg, id)
		}}
}

// Verify checks the whole log up to the present head: positions are gapless,
// every stream has a snapshot, and every stream replays to its snapshot, which
// opens every ciphertext on the way. It serves alongside traffic. The error
// says that it could not look.
func Verify(ctx context.Context, j *Journal, kinds []Kind, report Report) (Progress, error) {
	v := verifier{j: j, kinds: kinds, report: report}
	if err := v.positions(ctx); err != nil {
		return v.done, err
	}
	for i := range kinds {
		err := eachSnapshot(ctx, j, kinds[i].Name, func(page []eventstore.Loaded) error { return v.streams(ctx, &kinds[i], page) })
		if err != nil {
			return v.done, err
		}
	}
	return v.done, nil
}

type verifier struct {
	j      *Journal
	kinds  []Kind
	report Report
	done   Progress
}

func (v *verifier) found(f Finding) {
	v.done.Findings++
	v.report.Finding(f)
}

func (v *verifier) positions(ctx context.Context) error {
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
func (v *verifier) snapshots(ctx context.Context, records []eventstore.Record) error {
	begun := map[event.Stream]int64{}
	var streams []event.Stream
	for _, r := range records {
		if r.Version == 1 && slices.ContainsFunc(v.kinds, func(k Kind) bool { return k.Name == r.Stream.Type }) {
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
func (v *verifier) streams(ctx context.Context, kind *Kind, page []eventstore.Loaded) error {
	errs := make([]error, len(page))
	var g errgroup.Group
	g.SetLimit(2)
	for i := range page {
		g.Go(func() error {
			errs[i] = kind.check(ctx, v.j, &page[i].Snapshot)
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

// Rebuild makes every snapshot anew, alongside traffic.
func Rebuild(ctx context.Context, j *Journal, kinds []Kind, report Report) (done Progress, err error) {
	for i := range kinds {
		err := eachSnapshot(ctx, j, kinds[i].Name, func(page []eventstore.Loaded) error {
			for n := range page {
				if page[n].Row.Fenced {
					continue
				}
				if err := kinds[i].resnapshot(ctx, j, page[n].Stream.ID); err != nil {
					done.Findings++
					report.Finding(Finding{Kind: "unreadable", Stream: page[n].Stream, Position: page[n].Position, Err: err})
				}
			}
			done.Streams += int64(len(page))
			report.Progress(done)
			return ctx.Err()
		})
		if err != nil {
			return done, err
		}
	}
	return done, nil
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
