package sqlite

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/sqldb"
)

const head = `writer, seq, span, from_at, to_at, entries, reads, ordinals`

func headInto(h *access.Head) []any {
	return []any{&h.Writer, &h.Seq, &h.Span, instant{&h.From}, instant{&h.To}, &h.Entries, &h.Reads, &h.Ordinals}
}

func groupInto(g *access.Group) []any { return append(headInto(&g.Head), &g.Sealed) }
func partInto(p *access.Part) []any   { return []any{&p.Bucket, &p.Span, &p.Ordinals} }

// Read gives groups by id.
func (s *Store) Read(ctx context.Context, ids ...access.ID) ([]access.Group, error) {
	var out []access.Group
	for _, id := range ids {
		one, err := query(ctx, s, groupInto, `SELECT `+head+`, sealed FROM access_groups WHERE writer = ? AND seq = ?`,
			id.Writer[:], id.Seq)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

// Scan gives groups in order.
func (s *Store) Scan(ctx context.Context, after access.ID, limit int) ([]access.Group, error) {
	return query(ctx, s, groupInto, `
		SELECT `+head+`, sealed FROM access_groups WHERE (writer, seq) > (?, ?) ORDER BY writer, seq LIMIT ?`,
		after.Writer[:], after.Seq, max(limit, 0))
}

// Heads gives the clear part of a span's groups.
func (s *Store) Heads(ctx context.Context, span uuid.UUID, after access.ID, limit int) ([]access.Head, error) {
	return query(ctx, s, headInto, `
		SELECT `+head+` FROM access_groups WHERE span = ? AND (writer, seq) > (?, ?) ORDER BY writer, seq LIMIT ?`,
		span[:], after.Writer[:], after.Seq, max(limit, 0))
}

// Bucket gives every span's part for one bucket.
func (s *Store) Bucket(ctx context.Context, bucket uint32) ([]access.Part, error) {
	return query(ctx, s, partInto, `SELECT bucket, span, ordinals FROM access_parts WHERE bucket = ? ORDER BY span`, bucket)
}

// Parts gives the parts of one span.
func (s *Store) Parts(ctx context.Context, span uuid.UUID) ([]access.Part, error) {
	return query(ctx, s, partInto, `SELECT bucket, span, ordinals FROM access_parts WHERE span = ? ORDER BY bucket`, span[:])
}

func query[T any](ctx context.Context, s *Store, into func(*T) []any, statement string, args ...any) ([]T, error) {
	rows, err := s.db.Read.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	out, err := collect(rows, into)
	return out, sqldb.Translate(err)
}

func collect[T any](rows *sql.Rows, into func(*T) []any) ([]T, error) {
	defer rows.Close()
	var out []T
	for rows.Next() {
		var v T
		if err := rows.Scan(into(&v)...); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
