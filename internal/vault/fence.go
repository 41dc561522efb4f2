package vault

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Fence destroys the keys of a subject, for ever: from its return on no Keys,
// Many, Scan or Create of this or another process gets keys from the store, in
// whatever order they come. It works for a subject without a row, and again.
//
// On SQLite no copy of the wrapped keys is left in the files. On PostgreSQL
// dead rows and the server's WAL hold them until the next Rotate, which
// destroys what could unwrap them. After an error the fence may or may not
// stand, or stand and leave bytes behind; call again.
func (v *Vault) Fence(ctx context.Context, subject uuid.UUID) error {
	return v.fence(ctx, []uuid.UUID{subject})
}

func (v *Vault) fence(ctx context.Context, subjects []uuid.UUID) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	defer v.Forget(subjects...) // after an error too: it may have taken effect
	return down(v.store.Fence(ctx, subjects))
}

// Fenced lists the fenced subjects, in order. It ends at the first error.
func (v *Vault) Fenced(ctx context.Context) iter.Seq2[uuid.UUID, error] {
	return func(yield func(uuid.UUID, error) bool) {
		var after uuid.UUID
		for {
			subjects, err := v.store.Fenced(ctx, after, page)
			if err != nil {
				yield(uuid.Nil, down(err))
				return
			}
			for _, subject := range subjects {
				if !yield(subject, nil) {
					return
				}
			}
			if len(subjects) < page {
				return
			}
			after = subjects[len(subjects)-1]
		}
	}
}

// ErrTooManyOrphans says that most keys seem to have no stream: more likely
// the log is the wrong one, empty or behind than that they are all left over.
var ErrTooManyOrphans = errors.New("vault: most keys have no stream; nothing was destroyed")

// fewOrphans are believed without comparing them with the rest.
const fewOrphans = 10

// DestroyOrphans fences subjects whose row is older than a time and who have
// no stream: their registration failed after the key was made. hasStream must
// answer true or false for each subject that it is asked about. Rows that had
// a stream are not asked about again by this Vault. It returns how many it
// destroyed, and destroys none when most would be.
func (v *Vault) DestroyOrphans(ctx context.Context, olderThan time.Time,
	hasStream func(context.Context, []uuid.UUID) (map[uuid.UUID]bool, error)) (int, error) {
	v.sweep.Lock()
	defer v.sweep.Unlock()
	var orphans []uuid.UUID
	var seen int
	q := Query{From: v.orphansFrom, Until: olderThan}
	err := v.pages(ctx, q, func(ctx context.Context, rows []Row) error {
		seen += len(rows)
		found, err := without(ctx, rows, hasStream)
		orphans = append(orphans, found...)
		return err
	})
	if err != nil {
		return 0, err
	}
	if len(orphans) > fewOrphans && 2*len(orphans) > seen {
		return 0, fmt.Errorf("%w (%d of %d)", ErrTooManyOrphans, len(orphans), seen)
	}
	var destroyed int
	for chunk := range slices.Chunk(orphans, page) {
		if err := v.fence(ctx, chunk); err != nil {
			return destroyed, err
		}
		destroyed += len(chunk)
	}
	v.orphansFrom = olderThan
	return destroyed, nil
}

// without picks the subjects of rows that have no stream.
func without(ctx context.Context, rows []Row,
	hasStream func(context.Context, []uuid.UUID) (map[uuid.UUID]bool, error)) ([]uuid.UUID, error) {
	subjects := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		subjects[i] = row.Subject
	}
	has, err := hasStream(ctx, subjects)
	if err != nil {
		return nil, err
	}
	var none []uuid.UUID
	for _, subject := range subjects {
		yes, told := has[subject]
		if !told { // silence must not destroy a key
			return nil, fmt.Errorf("vault: not told whether subject %s has a stream", subject)
		}
		if !yes {
			none = append(none, subject)
		}
	}
	return none, nil
}
