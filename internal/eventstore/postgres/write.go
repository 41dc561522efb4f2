package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/sqldb"
)

// Commit appends, in a group.
func (s *Store) Commit(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
	return s.group.Commit(ctx, c)
}

// commit is one group: one round trip to lock and ask, one to write and
// commit. When the second one's answer is lost, so is the knowledge whether it
// took place: fault.ErrUnavailable.
func (s *Store) commit(ctx context.Context, commits []eventstore.Commit) (eventstore.Plan, []eventstore.Verdict, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	conn, err := s.write.Acquire(ctx)
	if err != nil {
		return eventstore.Plan{}, nil, sqldb.Translate(err)
	}
	defer conn.Release() // the pool drops a connection that is still in a transaction
	seen, now, err := s.see(ctx, conn, eventstore.Ask(commits))
	if err != nil {
		return eventstore.Plan{}, nil, sqldb.Translate(err)
	}
	plan, verdicts := eventstore.Judge(seen, commits, now)
	var b pgx.Batch
	queuePlan(&b, &plan)
	if s.opt.beforeCommit != nil {
		s.opt.beforeCommit()
	}
	b.Queue(`COMMIT`)
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		return plan, nil, sqldb.Translate(err)
	}
	return plan, verdicts, nil
}

// Resnapshot replaces a snapshot whose stream did not move. It takes the lock,
// or a fence that commits meanwhile would go unseen.
func (s *Store) Resnapshot(ctx context.Context, sn eventstore.Snapshot) (bool, error) {
	n, err := s.locked(ctx, func(b *pgx.Batch) {
		b.Queue(`UPDATE stream SET snapshot_version = version, fingerprint = $1, public = $2, sealed = $3,
				snapshot_position = (SELECT position FROM event e WHERE e.stream_id = stream.id AND e.stream_type = stream.type AND e.version = stream.version)
			WHERE type = $4 AND id = $5 AND version = $6
				AND NOT EXISTS (SELECT 1 FROM subject u WHERE u.id = stream.subject AND u.fenced_at IS NOT NULL)`,
			int64(sn.Fingerprint), sn.Public, sn.Sealed, sn.Stream.Type, [16]byte(sn.Stream.ID), sn.Version)
	})
	return n == 1, err
}

// Fence erases a subject. Its streams are found through what was said about it.
func (s *Store) Fence(ctx context.Context, subject uuid.UUID) error {
	if subject == uuid.Nil {
		return eventstore.ErrEmpty
	}
	id := [16]byte(subject)
	_, err := s.locked(ctx, func(b *pgx.Batch) {
		b.Queue(`INSERT INTO subject (id, fenced_at) VALUES ($2, `+clock+`)
			ON CONFLICT (id) DO UPDATE SET fenced_at = coalesce(subject.fenced_at, excluded.fenced_at)`, s.now(), id)
		b.Queue(`DELETE FROM claim WHERE subject = $1`, id)
		b.Queue(`UPDATE stream SET snapshot_version = NULL, snapshot_position = NULL, fingerprint = NULL, public = NULL, sealed = NULL
			WHERE ctid = ANY (ARRAY(SELECT s.ctid FROM event e
				CROSS JOIN LATERAL (SELECT ctid FROM stream s WHERE s.type = e.stream_type AND s.id = e.stream_id LIMIT 1) s
				WHERE e.subject = $1))`, id)
	})
	return err
}
