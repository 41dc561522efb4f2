package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/sqldb"
)

// change runs one statement and tells how many rows it changed.
func (s *Store) change(ctx context.Context, text string, args ...any) (int64, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	tag, err := s.read.Exec(ctx, text, args...) // not the writing pool: these need no lock
	return tag.RowsAffected(), sqldb.Translate(err)
}

// Lineage identifies the log.
func (s *Store) Lineage(ctx context.Context) (uuid.UUID, error) {
	id, err := first(ctx, s, scanID, `SELECT id FROM lineage`)
	if err == nil && id == nil {
		err = errors.New("postgres: the log has no lineage")
	}
	if err != nil {
		return uuid.Nil, err
	}
	return *id, nil
}

// RenewLineage gives the log another identity.
func (s *Store) RenewLineage(ctx context.Context) (uuid.UUID, error) {
	id := uuid.New()
	_, err := s.change(ctx, `UPDATE lineage SET id = $1`, [16]byte(id))
	return id, err
}

// Cursor is a named position.
func (s *Store) Cursor(ctx context.Context, name string) (int64, error) {
	position, err := first(ctx, s, pgx.RowTo[int64], `SELECT position FROM reader WHERE name = $1`, name)
	if err != nil || position == nil {
		return 0, err
	}
	return *position, nil
}

// SetCursor moves it, forth or back.
func (s *Store) SetCursor(ctx context.Context, name string, position int64) error {
	_, err := s.change(ctx, `INSERT INTO reader (name, position) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET position = excluded.position`, name, position)
	return err
}

// Lease takes or extends, by the server's clock: instances need not agree on
// the time.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	n, err := s.change(ctx, `INSERT INTO lease (name, holder, expires_at) VALUES ($2, $3, `+clock+` + $4)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
		WHERE lease.holder = excluded.holder OR lease.expires_at <= `+clock,
		s.now(), name, holder, ttl.Microseconds())
	return n == 1, err
}

// Release gives a lease back, if holder has it.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	_, err := s.change(ctx, `DELETE FROM lease WHERE name = $1 AND holder = $2`, name, holder)
	return err
}

// Revoke keeps the later of two, at a new position. It holds the append lock
// while the position is drawn, or a reader could pass one that commits late.
func (s *Store) Revoke(ctx context.Context, r eventstore.Revocation) error {
	_, err := s.locked(ctx, func(b *pgx.Batch) {
		b.Queue(`INSERT INTO revocation (caller, issued_at, expires_at) VALUES ($1, $2, $3)
			ON CONFLICT (caller) DO UPDATE SET position = excluded.position, issued_at = excluded.issued_at, expires_at = excluded.expires_at
			WHERE revocation.issued_at < excluded.issued_at`,
			r.Caller[:], r.Issued.UnixMicro(), r.Expires.UnixMicro())
	})
	return err
}

// Revoked reads what still matters.
func (s *Store) Revoked(ctx context.Context, after int64) ([]eventstore.Revocation, error) {
	return list(ctx, s, scanRevocation, `SELECT position, caller, issued_at, expires_at FROM revocation
		WHERE position > $2 AND expires_at > `+clock+` ORDER BY position`, s.now(), after)
}

// Forget drops what is older than a time.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	requests, err := s.change(ctx, `DELETE FROM request WHERE expires_at < $1`, before.UnixMicro())
	if err != nil {
		return 0, err
	}
	messages, err := s.change(ctx, `DELETE FROM inbox WHERE handled_at < $1`, before.UnixMicro())
	if err != nil {
		return int(requests), err
	}
	revocations, err := s.change(ctx, `DELETE FROM revocation WHERE expires_at < $1`, before.UnixMicro())
	return int(requests + messages + revocations), err
}
