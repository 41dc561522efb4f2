package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/sqldb"
)

// pgInt8 is what a column of type bigint scans as.
type pgInt8 = pgtype.Int8

// A loose group has no span.
const head = `writer, seq, coalesce(span, '00000000-0000-0000-0000-000000000000'::uuid), slot, from_at, to_at, entries, reads, ordinals`

func headInto(h *access.Head) []any {
	return []any{&h.Writer, &h.Seq, &h.Span, &h.Slot, instant{&h.From}, instant{&h.To}, &h.Entries, &h.Reads, &h.Ordinals}
}

func groupInto(g *access.Group) []any { return append(headInto(&g.Head), &g.Sealed) }
func partInto(p *access.Part) []any   { return []any{&p.Bucket, &p.Span, &p.Pairs} }

// Read gives groups by id.
func (s *Store) Read(ctx context.Context, ids ...access.ID) ([]access.Group, error) {
	writers, seqs := make([]uuid.UUID, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		writers[i], seqs[i] = id.Writer, id.Seq
	}
	return query(ctx, s, groupInto, `
		SELECT `+head+`, sealed FROM access_groups
		WHERE (writer, seq) IN (SELECT * FROM unnest($1::uuid[], $2::bigint[]))`, writers, seqs)
}

// Scan gives groups in order.
func (s *Store) Scan(ctx context.Context, after access.ID, limit int) ([]access.Group, error) {
	return query(ctx, s, groupInto, `
		SELECT `+head+`, sealed FROM access_groups WHERE (writer, seq) > ($1, $2) ORDER BY writer, seq LIMIT $3`,
		after.Writer, after.Seq, max(limit, 0))
}

// Within gives groups by when they end.
func (s *Store) Within(ctx context.Context, from, to time.Time, after access.Head, limit int) ([]access.Group, error) {
	return query(ctx, s, groupInto, `
		SELECT `+head+`, sealed FROM access_groups
		WHERE to_at >= $1 AND to_at < $2 AND (to_at, writer, seq) > ($3, $4, $5) ORDER BY to_at, writer, seq LIMIT $6`,
		from.UnixMicro(), to.UnixMicro(), after.To.UnixMicro(), after.Writer, after.Seq, max(limit, 0))
}

// Loose gives the clear part of groups in no span.
func (s *Store) Loose(ctx context.Context, after access.ID, limit int) ([]access.Head, error) {
	return query(ctx, s, headInto, `
		SELECT `+head+` FROM access_groups WHERE span IS NULL AND (writer, seq) > ($1, $2) ORDER BY writer, seq LIMIT $3`,
		after.Writer, after.Seq, max(limit, 0))
}

// Slots gives the clear part of a span's groups.
func (s *Store) Slots(ctx context.Context, span uuid.UUID, slots ...int64) ([]access.Head, error) {
	if len(slots) == 0 {
		return query(ctx, s, headInto, `SELECT `+head+` FROM access_groups WHERE span = $1`, span)
	}
	return query(ctx, s, headInto, `SELECT `+head+` FROM access_groups WHERE span = $1 AND slot = ANY ($2)`, span, slots)
}

// Bucket gives every span's part for one bucket.
func (s *Store) Bucket(ctx context.Context, bucket uint32) ([]access.Part, error) {
	return query(ctx, s, partInto, `SELECT bucket, span, pairs FROM access_parts WHERE bucket = $1 ORDER BY span`, int64(bucket))
}

// Parts gives the parts of one span.
func (s *Store) Parts(ctx context.Context, span uuid.UUID) ([]access.Part, error) {
	return query(ctx, s, partInto, `SELECT bucket, span, pairs FROM access_parts WHERE span = $1 ORDER BY bucket`, span)
}

func query[T any](ctx context.Context, s *Store, into func(*T) []any, statement string, args ...any) ([]T, error) {
	rows, err := s.pool.Query(ctx, statement, args...)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (T, error) {
		var v T
		err := row.Scan(into(&v)...)
		return v, err
	})
	return out, sqldb.Translate(err)
}
