package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/sqldb"
)

// longestRead bounds a read transaction: the checkpoint waits for the oldest.
const longestRead = time.Second

// reads are the statements of the reading pool.
type reads struct {
	load                                                                                    bulk
	feed, stream, about, aboutDown, scan, find, number, replay, fenced, cursor, id, revoked *sql.Stmt
}

func prepareReads(ctx context.Context, p preparer) (r reads, err error) {
	const from = ` FROM stream s LEFT JOIN subject u ON u.id = s.subject`
	for _, one := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&r.feed, `SELECT ` + eventColumns + ` FROM event WHERE position > ? ORDER BY position LIMIT ?`},
		{&r.stream, `SELECT ` + eventColumns + ` FROM event WHERE stream_type = ? AND stream_id = ? AND version > ? ORDER BY version LIMIT ?`},
		{&r.about, `SELECT ` + eventColumns + ` FROM event WHERE subject = ? AND occurred_at >= ? AND occurred_at < ?
			AND (occurred_at, position) > (?, ?) ORDER BY occurred_at, position LIMIT ?`},
		{&r.aboutDown, `SELECT ` + eventColumns + ` FROM event WHERE subject = ? AND occurred_at >= ? AND occurred_at < ?
			AND (occurred_at, position) < (?, ?) ORDER BY occurred_at DESC, position DESC LIMIT ?`},
		{&r.scan, `SELECT ` + loadedColumns + from + ` WHERE s.type = ? AND s.id > ? AND s.snapshot_version IS NOT NULL ORDER BY s.id LIMIT ?`},
		{&r.find, `SELECT DISTINCT subject FROM claim WHERE kind = ? AND hash = ? ORDER BY subject LIMIT ?`},
		{&r.number, `SELECT id, fenced_at IS NOT NULL FROM subject WHERE ordinal = ?`},
		{&r.replay, `SELECT ` + requestColumns + ` FROM request r WHERE key = ? AND expires_at > ?`},
		{&r.fenced, `SELECT id FROM subject WHERE fenced_at IS NOT NULL ORDER BY id`},
		{&r.cursor, `SELECT position FROM reader WHERE name = ?`},
		{&r.id, `SELECT id FROM lineage`},
		{&r.revoked, `SELECT position, caller, issued_at, expires_at FROM revocation WHERE position > ? AND expires_at > ? ORDER BY position`},
	} {
		if *one.stmt, err = p.PrepareContext(ctx, one.text); err != nil {
			return r, err
		}
	}
	r.load, err = prepareBulk(ctx, p, 2, `WITH q(type, id) AS (VALUES `,
		`) SELECT `+loadedColumns+` FROM q CROSS JOIN stream s ON s.type = q.type AND s.id = q.id
			LEFT JOIN subject u ON u.id = s.subject WHERE s.snapshot_version IS NOT NULL`)
	return r, err
}

// list runs a prepared read to its end.
func list[T any](ctx context.Context, st *sql.Stmt, scan func(*sql.Rows) (T, error), args ...any) (out []T, err error) {
	ctx, cancel := context.WithTimeout(ctx, longestRead)
	defer cancel()
	err = collect(func() (*sql.Rows, error) { return st.QueryContext(ctx, args...) }, func(rows *sql.Rows) error {
		v, err := scan(rows)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	return out, nil
}

// first is the only row of a prepared read, or nil.
func first[T any](ctx context.Context, st *sql.Stmt, scan func(*sql.Rows) (T, error), args ...any) (*T, error) {
	got, err := list(ctx, st, scan, args...)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	return &got[0], nil
}

// Head is the last position.
func (s *Store) Head(context.Context) (int64, error) { return s.beacon.Head(), nil }

// Await returns when the head is past a position.
func (s *Store) Await(ctx context.Context, after int64) error { return s.beacon.Await(ctx, after, 0) }

// Feed reads all streams.
func (s *Store) Feed(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
	return list(ctx, s.read.feed, scanRecord, after, max(limit, 0))
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
	return list(ctx, s.read.stream, scanRecord, st.Type, st.ID[:], after, max(limit, 0))
}

// About reads what is about a subject.
func (s *Store) About(ctx context.Context, subject uuid.UUID, r eventstore.Range) ([]eventstore.Record, error) {
	st, span := s.read.about, r.Span()
	if r.Descending {
		st = s.read.aboutDown
	}
	return list(ctx, st, scanRecord, subject[:], span.From, span.To, span.Time, span.Position, max(r.Limit, 0))
}

// Load reads snapshots by key.
func (s *Store) Load(ctx context.Context, streams ...event.Stream) (out []eventstore.Loaded, err error) {
	ctx, cancel := context.WithTimeout(ctx, longestRead)
	defer cancel()
	args := make([]any, 0, 2*len(streams))
	for i := range streams {
		args = append(args, streams[i].Type, streams[i].ID[:])
	}
	err = s.read.load.query(ctx, args, func(rows *sql.Rows) error {
		l, err := scanLoaded(rows)
		out = append(out, l)
		return err
	})
	return out, sqldb.Translate(err)
}

// Scan reads snapshots of one type.
func (s *Store) Scan(ctx context.Context, streamType string, after uuid.UUID, limit int) ([]eventstore.Loaded, error) {
	return list(ctx, s.read.scan, scanLoaded, streamType, after[:], max(limit, 0))
}

func scanID(rows *sql.Rows) (id uuid.UUID, err error) {
	err = rows.Scan(idOf(&id))
	return id, err
}

// Find gives holders.
func (s *Store) Find(ctx context.Context, c eventstore.ClaimHash, limit int) ([]uuid.UUID, error) {
	return list(ctx, s.read.find, scanID, c.Kind, c.Hash[:], max(limit, 0))
}

// ByNumber finds a subject's row.
func (s *Store) ByNumber(ctx context.Context, number int64) (*eventstore.Subject, error) {
	return first(ctx, s.read.number, func(rows *sql.Rows) (eventstore.Subject, error) {
		row := eventstore.Subject{Ordinal: number - 1, Number: number}
		err := rows.Scan(idOf(&row.ID), &row.Fenced)
		return row, err
	}, number-1)
}

// Replay finds an idempotency record.
func (s *Store) Replay(ctx context.Context, key [32]byte) (*eventstore.Request, error) {
	return first(ctx, s.read.replay, scanRequest, key[:], s.opt.Now().UnixMicro())
}

// FencedSubjects lists the erased, in the order of ids.
func (s *Store) FencedSubjects(ctx context.Context) ([]uuid.UUID, error) {
	return list(ctx, s.read.fenced, scanID)
}

// Lineage identifies the log.
func (s *Store) Lineage(ctx context.Context) (uuid.UUID, error) {
	id, err := first(ctx, s.read.id, scanID)
	if err == nil && id == nil {
		err = errors.New("sqlite: the log has no lineage")
	}
	if err != nil {
		return uuid.Nil, err
	}
	return *id, nil
}
