package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// The questions look up each key by LATERAL and LIMIT: that leaves the planner
// no way but the index. A plain join may be turned round, and the plan that was
// made for an empty table then reads the whole one for every group.

// see takes the lock and asks everything, in one round trip. Where the log
// ends is read from its own indexes: a row that each group updates would grow
// dead versions for as long as some idle transaction looks at it.
func (s *Store) see(ctx context.Context, conn *pgxpool.Conn, q eventstore.Question) (*eventstore.Seen, time.Time, error) {
	seen := eventstore.NewSeen()
	var now time.Time
	var b pgx.Batch
	begin(&b)
	b.Queue(`SELECT `+clock+`,
		coalesce((SELECT position FROM event ORDER BY position DESC LIMIT 1), 0),
		coalesce((SELECT recorded_at FROM event ORDER BY position DESC LIMIT 1), 0),
		coalesce((SELECT ordinal + 1 FROM subject WHERE ordinal IS NOT NULL ORDER BY ordinal DESC LIMIT 1), 0)`,
		s.now()).QueryRow(func(row pgx.Row) error {
		var micros, recorded int64
		err := row.Scan(&micros, &seen.Head, &recorded, &seen.Ordinals)
		now = timeOf(micros)
		if seen.Head > 0 {
			seen.Recorded = timeOf(recorded)
		}
		return err
	})
	askStreams(&b, q, seen)
	askClaims(&b, q, seen)
	askSubjects(&b, q, seen)
	askOnce(&b, q, seen)
	err := conn.SendBatch(ctx, &b).Close()
	for key, r := range seen.Requests {
		if !r.Expires.After(now) {
			delete(seen.Requests, key)
		}
	}
	return seen, now, err
}

func askStreams(b *pgx.Batch, q eventstore.Question, seen *eventstore.Seen) {
	if len(q.Streams) == 0 {
		return
	}
	types, ids := make([]string, len(q.Streams)), make([][16]byte, len(q.Streams))
	for i, st := range q.Streams {
		types[i], ids[i] = st.Type, st.ID
	}
	b.Queue(`SELECT s.type, s.id, s.version FROM unnest($1::text[], $2::uuid[]) q (type, id)
		CROSS JOIN LATERAL (SELECT * FROM stream s WHERE s.type = q.type AND s.id = q.id LIMIT 1) s`, types, ids).Query(func(rows pgx.Rows) error {
		var st event.Stream
		var version int64
		_, err := pgx.ForEachRow(rows, []any{&st.Type, idOf(&st.ID), &version}, func() error {
			seen.Versions[st] = version
			return nil
		})
		return err
	})
}

func askClaims(b *pgx.Batch, q eventstore.Question, seen *eventstore.Seen) {
	if len(q.Claims) == 0 {
		return
	}
	kinds, hashes := make([]string, len(q.Claims)), make([][]byte, len(q.Claims))
	for i := range q.Claims {
		kinds[i], hashes[i] = q.Claims[i].Kind, q.Claims[i].Hash[:]
	}
	b.Queue(`SELECT c.kind, c.hash, c.subject FROM unnest($1::text[], $2::bytea[]) q (kind, hash)
		CROSS JOIN LATERAL (SELECT * FROM claim c WHERE c.kind = q.kind AND c.hash = q.hash AND c.slot = '' LIMIT 1) c`, kinds, hashes).Query(func(rows pgx.Rows) error {
		var h eventstore.ClaimHash
		var holder uuid.UUID
		_, err := pgx.ForEachRow(rows, []any{&h.Kind, hashOf(&h.Hash), idOf(&holder)}, func() error {
			seen.Holders[h] = holder
			return nil
		})
		return err
	})
}

func askSubjects(b *pgx.Batch, q eventstore.Question, seen *eventstore.Seen) {
	if len(q.Subjects) == 0 {
		return
	}
	ids := make([][16]byte, len(q.Subjects))
	for i := range q.Subjects {
		ids[i] = q.Subjects[i]
	}
	b.Queue(`SELECT s.id, s.ordinal IS NOT NULL, s.fenced_at IS NOT NULL FROM unnest($1::uuid[]) q (id)
		CROSS JOIN LATERAL (SELECT * FROM subject s WHERE s.id = q.id LIMIT 1) s`, ids).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var known, fenced bool
		_, err := pgx.ForEachRow(rows, []any{idOf(&id), &known, &fenced}, func() error {
			seen.Known[id], seen.Fenced[id] = known, fenced
			return nil
		})
		return err
	})
}

func askOnce(b *pgx.Batch, q eventstore.Question, seen *eventstore.Seen) {
	if len(q.Inbox) > 0 {
		b.Queue(`SELECT i.id FROM unnest($1::text[]) q (id)
			CROSS JOIN LATERAL (SELECT * FROM inbox i WHERE i.id = q.id LIMIT 1) i`, q.Inbox).Query(func(rows pgx.Rows) error {
			var id string
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
				seen.Inbox[id] = true
				return nil
			})
			return err
		})
	}
	if len(q.Requests) == 0 {
		return
	}
	keys := make([][]byte, len(q.Requests))
	for i := range q.Requests {
		keys[i] = q.Requests[i][:]
	}
	b.Queue(`SELECT `+requestColumns+` FROM unnest($1::bytea[]) q (key)
		CROSS JOIN LATERAL (SELECT * FROM request r WHERE r.key = q.key LIMIT 1) r`, keys).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, scanRequest)
		for _, r := range found {
			seen.Requests[r.Key] = r
		}
		return err
	})
}
