package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/batch"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/sqldb"
)

// list runs a read to its end.
func list[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], text string, args ...any) ([]T, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	rows, err := s.read.Query(ctx, text, args...)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	out, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	return out, nil
}

// first is the only row of a read, or nil.
func first[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], text string, args ...any) (*T, error) {
	got, err := list(ctx, s, scan, text, args...)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	return &got[0], nil
}

// Head is the last position. All who wait for it share the query that starts
// after they came, so none is told of a head from before its call.
func (s *Store) Head(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	head, err := s.heads.Do(ctx, struct{}{})
	if err == batch.ErrClosed {
		err = unavailable(err)
	}
	return head, err
}

func (s *Store) askHead(ctx context.Context, callers []struct{}) []batch.Outcome[int64] {
	var out batch.Outcome[int64]
	head, err := first(ctx, s, pgx.RowTo[int64], `SELECT position FROM event ORDER BY position DESC LIMIT 1`)
	if out.Err = err; head != nil {
		out.Value = *head
		s.beacon.Raise(*head)
	}
	outcomes := make([]batch.Outcome[int64], len(callers))
	for i := range outcomes {
		outcomes[i] = out
	}
	return outcomes
}

// Await returns when this process moves the head, and after each poll.
func (s *Store) Await(ctx context.Context, after int64) error {
	return s.beacon.Await(ctx, after, poll)
}

// Feed reads all streams.
func (s *Store) Feed(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
	return list(ctx, s, scanRecord, `SELECT `+eventColumns+` FROM event WHERE position > $1 ORDER BY position LIMIT $2`, after, max(limit, 0))
}

// Tail reads all streams, from memory if it can.
func (s *Store) Tail(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
	if out, ok := s.group.Recent(after, limit); ok {
		return out, nil
	}
	return s.Feed(ctx, after, limit)
}

// Stream reads one stream.
func (s *Store) Stream(ctx context.Context, st event.Stream, after int64, limit int) ([]eventstore.Record, error) {
	return list(ctx, s, scanRecord, `SELECT `+eventColumns+` FROM event
		WHERE stream_id = $1 AND stream_type = $2 AND version > $3 ORDER BY version LIMIT $4`, [16]byte(st.ID), st.Type, after, max(limit, 0))
}

// About reads what is about a subject.
func (s *Store) About(ctx context.Context, subject uuid.UUID, r eventstore.Range) ([]eventstore.Record, error) {
	span := r.Span()
	text := `SELECT ` + eventColumns + ` FROM event WHERE subject = $1 AND occurred_at >= $2 AND occurred_at < $3
		AND (occurred_at, position) > ($4, $5) ORDER BY occurred_at, position LIMIT $6`
	if r.Descending {
		text = `SELECT ` + eventColumns + ` FROM event WHERE subject = $1 AND occurred_at >= $2 AND occurred_at < $3
		AND (occurred_at, position) < ($4, $5) ORDER BY occurred_at DESC, position DESC LIMIT $6`
	}
	return list(ctx, s, scanRecord, text, [16]byte(subject), span.From, span.To, span.Time, span.Position, max(r.Limit, 0))
}

// Load reads snapshots by key.
func (s *Store) Load(ctx context.Context, streams ...event.Stream) ([]eventstore.Loaded, error) {
	types, ids := make([]string, len(streams)), make([][16]byte, len(streams))
	for i, st := range streams {
		types[i], ids[i] = st.Type, st.ID
	}
	return list(ctx, s, scanLoaded, `SELECT `+loadedColumns+` FROM unnest($1::text[], $2::uuid[]) q (type, id)
		CROSS JOIN LATERAL (SELECT * FROM stream s WHERE s.type = q.type AND s.id = q.id LIMIT 1) s
		LEFT JOIN LATERAL (SELECT * FROM subject u WHERE u.id = s.subject LIMIT 1) u ON true
		WHERE s.snapshot_version IS NOT NULL`, types, ids)
}

// Scan reads snapshots of one type.
func (s *Store) Scan(ctx context.Context, streamType string, after uuid.UUID, limit int) ([]eventstore.Loaded, error) {
	return list(ctx, s, scanLoaded, `SELECT `+loadedColumns+` FROM stream s
		LEFT JOIN LATERAL (SELECT * FROM subject u WHERE u.id = s.subject LIMIT 1) u ON true
		WHERE s.type = $1 AND s.id > $2 AND s.snapshot_version IS NOT NULL ORDER BY s.id LIMIT $3`, streamType, [16]byte(after), max(limit, 0))
}

// Find gives holders.
func (s *Store) Find(ctx context.Context, c eventstore.ClaimHash, limit int) ([]uuid.UUID, error) {
	// OFFSET 0 plans the look-up without the order: there is an index by subject.
	return list(ctx, s, scanID, `SELECT subject FROM (SELECT subject FROM claim WHERE kind = $1 AND hash = $2 OFFSET 0) c GROUP BY subject ORDER BY subject LIMIT $3`,
		c.Kind, c.Hash[:], max(limit, 0))
}

// ByNumber finds a subject's row.
func (s *Store) ByNumber(ctx context.Context, number int64) (*eventstore.Subject, error) {
	return first(ctx, s, func(row pgx.CollectableRow) (eventstore.Subject, error) {
		sub := eventstore.Subject{Ordinal: number - 1, Number: number}
		err := row.Scan(idOf(&sub.ID), &sub.Fenced)
		return sub, err
	}, `SELECT id, fenced_at IS NOT NULL FROM subject WHERE ordinal = $1`, number-1)
}

// Replay finds an idempotency record.
func (s *Store) Replay(ctx context.Context, key [32]byte) (*eventstore.Request, error) {
	return first(ctx, s, scanRequest, `SELECT `+requestColumns+` FROM request r WHERE key = $2 AND expires_at > `+clock, s.now(), key[:])
}

// FencedSubjects lists the erased, in the order of ids.
func (s *Store) FencedSubjects(ctx context.Context) ([]uuid.UUID, error) {
	return list(ctx, s, scanID, `SELECT id FROM subject WHERE fenced_at IS NOT NULL ORDER BY id`)
}
