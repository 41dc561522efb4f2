package importer

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/acme/customers/internal/remote"
)

// ledger accounts for batches in the order of the rows. Now and then it saves:
// first the rejects, then the checkpoint, each durable before the next. A kill
// repeats what was accounted since, under the same keys, and the rejects file
// is cut back to what the checkpoint says.
type ledger struct {
	*Import
	Summary

	run   string
	saved time.Time
}

// saveEvery is how much work a kill may repeat. To wait for the disk after
// every batch would take longer than the batch.
const saveEvery = time.Second

func (im *Import) ledger() *ledger {
	l := &ledger{Import: im, run: rand.Text()}
	if im.Checkpoint != nil {
		l.run, l.Summary = im.Checkpoint.state.Run, im.Checkpoint.state.Summary
	}
	if im.Progress == nil {
		l.Import.Progress = nobody{}
	}
	return l
}

func (l *ledger) account(f *flight) error {
	if len(f.outcomes) != f.lines {
		return fmt.Errorf("%d outcomes for %d rows", len(f.outcomes), f.lines)
	}
	line := 0
	for _, row := range f.rows {
		rejects := row.rejects
		if rejects == nil {
			rejects = l.count(&row, &f.outcomes[line])
			line++
		}
		if err := l.reject(rejects); err != nil {
			return err
		}
	}
	l.Summary.Rows += int64(len(f.rows))
	if time.Since(l.saved) >= l.saveEvery() {
		if err := l.save(); err != nil {
			return err
		}
	}
	l.Progress.At(l.Summary, f.rows[len(f.rows)-1].offset)
	return nil
}

// count adds an outcome up, and gives the reasons of a refused row.
func (l *ledger) count(row *mark, o *remote.Outcome) []Reject {
	switch {
	case o.Problem != nil:
		return reasons(row.number, o.Problem, func(pointer string) string { return l.Source.Columns(named(pointer, row.addresses)) })
	case o.Outcome == "created":
		l.Created++
	case o.Outcome == "updated":
		l.Updated++
	default:
		l.Valid++
	}
	return nil
}

func (l *ledger) reject(rejects []Reject) error {
	if len(rejects) == 0 {
		return nil
	}
	l.Rejected++
	if l.OnReject != nil {
		for _, r := range rejects {
			l.OnReject(r)
		}
	}
	if l.Rejects == nil {
		return nil
	}
	return l.Rejects.Add(rejects...)
}

func (l *ledger) saveEvery() time.Duration {
	if l.SaveEvery == 0 {
		return saveEvery
	}
	return l.SaveEvery
}

func (l *ledger) save() error {
	l.saved = time.Now()
	size := int64(0)
	if l.Rejects != nil {
		var err error
		if size, err = l.Rejects.Sync(); err != nil {
			return fmt.Errorf("write the rejects file: %w", err)
		}
	}
	if l.Checkpoint == nil {
		return nil
	}
	l.Checkpoint.state.Summary, l.Checkpoint.state.Rejects = l.Summary, size
	return l.Checkpoint.Save()
}

func ended(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}
