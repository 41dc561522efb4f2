package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/sqldb"
)

// A loose group has no span.
const head = `writer, seq, coalesce(span, zeroblob(16)), slot, from_at, to_at, entries, reads, ordinals`

func headInto(h *access.Head) []any {
	return []any{&h.Writer, &h.Seq, &h.Span, &h.Slot, instant{&h.From}, instant{&h.To}, &h.Entries, &h.Reads, &h.Ordinals}
}

func groupInto(g *access.Group) []any { return append(headInto(&g.Head), &g.Sealed) }
func partInto(p *access.Part) []any   { return []any{&p.Bucket, &p.Span, &p.Pairs} }

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

// Loose gives the clear part of groups in no span.
func (s *Store) Loose(ctx context.Context, after access.ID, limit int) ([]access.Head, error) {
	return query(ctx, s, headInto, `
		SELECT `+head+` FROM access_groups WHERE span IS NULL AND (writer, seq) > (?, ?) ORDER BY writer, seq LIMIT ?`,
		after.Writer[:], after.Seq, max(limit, 0))
}

// Slots gives the clear part of a span's groups.
func (s *Store) Slots(ctx context.Context, span uuid.UUID, slots ...int64) ([]access.Head, error) {
	if len(slots) == 0 {
		return query(ctx, s, headInto, `SELECT `+head+` FROM access_groups WHERE span = ?`, span[:])
	}
	list, err := json.Marshal(slots)
	if err != nil {
		return nil, err
	}
	return query(ctx, s, headInto, `
		SELECT `+head+` FROM access_groups WHERE span = ? AND slot IN (SELECT value FROM json_each(?))`, span[:], string(list))
}

// Bucket gives every span's part for one bucket.
func (s *Store) Bucket(ctx context.Context, bucket uint32) ([]access.Part, error) {
	return query(ctx, s, partInto, `SELECT bucket, span, pairs FROM access_parts WHERE bucket = ? ORDER BY span`, bucket)
}

// Parts gives the parts of one span.
func (s *Store) Parts(ctx context.Context, span uuid.UUID) ([]access.Part, error) {
	return query(ctx, s, partInto, `SELECT bucket, span, pairs FROM access_parts WHERE span = ? ORDER BY bucket`, span[:])
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
