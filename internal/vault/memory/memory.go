// Package memory is the key store of tests: the same contract and the same
// suite as the others, and nothing on a disk. It is not for production; what
// it holds ends with the process.
package memory

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
)

// Store is a vault.KeyStore. Use New.
type Store struct {
	mu      sync.Mutex
	rows    map[uuid.UUID]vault.Row
	binding vault.Binding
}

var _ vault.KeyStore = (*Store)(nil)

// New makes an empty store.
func New() *Store { return &Store{rows: map[uuid.UUID]vault.Row{}} }

// Bind is part of vault.KeyStore.
func (s *Store) Bind(ctx context.Context, ring uuid.UUID) (vault.Binding, error) {
	defer s.locked()()
	if s.binding.Ring == uuid.Nil {
		s.binding.Ring = ring
	}
	return s.binding, ctx.Err()
}

// Insert is part of vault.KeyStore.
func (s *Store) Insert(ctx context.Context, rows []vault.Row) ([]vault.Row, error) {
	defer s.locked()()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	standing := make([]vault.Row, len(rows))
	for i, row := range rows {
		there, ok := s.rows[row.Subject]
		if !ok {
			if row.Epoch < s.binding.Floor {
				return nil, vault.ErrRetired
			}
			row.Wrapped = bytes.Clone(row.Wrapped)
			row.Created = row.Created.UTC().Truncate(time.Millisecond)
			s.rows[row.Subject], there = row, row
		}
		standing[i] = copied(there)
	}
	return standing, nil
}

// Get is part of vault.KeyStore.
func (s *Store) Get(ctx context.Context, subjects []uuid.UUID) ([]vault.Row, error) {
	defer s.locked()()
	var rows []vault.Row
	for _, subject := range subjects {
		if row, ok := s.rows[subject]; ok {
			rows = append(rows, copied(row))
		}
	}
	return rows, ctx.Err()
}

// Scan is part of vault.KeyStore.
func (s *Store) Scan(ctx context.Context, q vault.Query) ([]vault.Row, error) {
	defer s.locked()()
	var rows []vault.Row
	for _, row := range s.sorted() {
		if len(rows) == q.Limit {
			break
		}
		if matches(row, q) {
			rows = append(rows, copied(row))
		}
	}
	return rows, ctx.Err()
}

func matches(row vault.Row, q vault.Query) bool {
	return !row.Fenced && bytes.Compare(row.Subject[:], q.After[:]) > 0 &&
		(q.Below == 0 || row.Epoch < q.Below) &&
		(q.From.IsZero() || !row.Created.Before(q.From)) &&
		(q.Until.IsZero() || row.Created.Before(q.Until))
}

// Rewrap is part of vault.KeyStore.
func (s *Store) Rewrap(ctx context.Context, rows []vault.Rewrap) error {
	defer s.locked()()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, r := range rows {
		if row, ok := s.rows[r.Subject]; ok && !row.Fenced && row.Epoch == r.From {
			row.Epoch, row.Wrapped = r.To, bytes.Clone(r.Wrapped)
			s.rows[r.Subject] = row
		}
	}
	return nil
}

// Raise is part of vault.KeyStore.
func (s *Store) Raise(ctx context.Context, floor uint32) error {
	defer s.locked()()
	s.binding.Floor = max(s.binding.Floor, floor)
	return ctx.Err()
}

// Fence is part of vault.KeyStore.
func (s *Store) Fence(ctx context.Context, subjects []uuid.UUID) error {
	defer s.locked()()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, subject := range subjects {
		row := s.rows[subject]
		clear(row.Wrapped)
		row.Subject, row.Wrapped, row.Fenced = subject, nil, true
		s.rows[subject] = row
	}
	return nil
}

// Fenced is part of vault.KeyStore.
func (s *Store) Fenced(ctx context.Context, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	defer s.locked()()
	var subjects []uuid.UUID
	for _, row := range s.sorted() {
		if row.Fenced && bytes.Compare(row.Subject[:], after[:]) > 0 && len(subjects) < limit {
			subjects = append(subjects, row.Subject)
		}
	}
	return subjects, ctx.Err()
}

// Ping is part of vault.KeyStore.
func (s *Store) Ping(ctx context.Context) error { return ctx.Err() }

// Close is part of vault.KeyStore. The rows stay, as those of a database do.
func (s *Store) Close() error { return nil }

func (s *Store) locked() (unlock func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

func (s *Store) sorted() []vault.Row {
	return slices.SortedFunc(maps.Values(s.rows), func(a, b vault.Row) int {
		return bytes.Compare(a.Subject[:], b.Subject[:])
	})
}

// copied keeps callers and the store from sharing bytes.
func copied(row vault.Row) vault.Row {
	row.Wrapped = bytes.Clone(row.Wrapped)
	return row
}
