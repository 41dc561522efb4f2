package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// change runs one statement and tells how many rows it changed.
func (s *Store) change(ctx context.Context, text string, args ...any) (n int64, err error) {
	err = s.transact(ctx, func() error {
		res, err := s.conn.ExecContext(context.WithoutCancel(ctx), text, args...)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return n, err
}

// RenewLineage gives the log another identity.
func (s *Store) RenewLineage(ctx context.Context) (uuid.UUID, error) {
	id := uuid.New()
	_, err := s.change(ctx, `UPDATE lineage SET id = ?`, id[:])
	return id, err
}

// Cursor is a named position.
func (s *Store) Cursor(ctx context.Context, name string) (int64, error) {
	position, err := first(ctx, s.read.cursor, func(rows *sql.Rows) (p int64, err error) {
		err = rows.Scan(&p)
		return p, err
	}, name)
	if err != nil || position == nil {
		return 0, err
	}
	return *position, nil
}

// SetCursor moves it, forth or back.
func (s *Store) SetCursor(ctx context.Context, name string, position int64) error {
	_, err := s.change(ctx, `INSERT INTO reader (name, position) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET position = excluded.position`, name, position)
	return err
}

// Lease takes or extends.
func (s *Store) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	now := s.opt.Now()
	n, err := s.change(ctx, `INSERT INTO lease (name, holder, expires_at) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
		WHERE holder = excluded.holder OR expires_at <= ?`,
		name, holder, now.Add(ttl).UnixMicro(), now.UnixMicro())
	return n == 1, err
}

// Release gives a lease back, if holder has it.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	_, err := s.change(ctx, `DELETE FROM lease WHERE name = ? AND holder = ?`, name, holder)
	return err
}

// Revoke keeps the later of two, at a new position.
func (s *Store) Revoke(ctx context.Context, r eventstore.Revocation) error {
	_, err := s.change(ctx, `INSERT OR REPLACE INTO revocation (caller, issued_at, expires_at) SELECT ?1, ?2, ?3
		WHERE NOT EXISTS (SELECT 1 FROM revocation WHERE caller = ?1 AND issued_at >= ?2)`,
		r.Caller[:], r.Issued.UnixMicro(), r.Expires.UnixMicro())
	return err
}

// Revoked reads what still matters.
func (s *Store) Revoked(ctx context.Context, after int64) ([]eventstore.Revocation, error) {
	return list(ctx, s.read.revoked, scanRevocation, after, s.opt.Now().UnixMicro())
}

// Forget drops what is older than a time.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	requests, err := s.change(ctx, `DELETE FROM request WHERE expires_at < ?`, before.UnixMicro())
	if err != nil {
		return 0, err
	}
	messages, err := s.change(ctx, `DELETE FROM inbox WHERE handled_at < ?`, before.UnixMicro())
	if err != nil {
		return int(requests), err
	}
	revocations, err := s.change(ctx, `DELETE FROM revocation WHERE expires_at < ?`, before.UnixMicro())
	return int(requests + messages + revocations), err
}
