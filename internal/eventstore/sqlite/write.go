package sqlite

import (
	"context"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// Commit appends, in a group.
func (s *Store) Commit(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
	return s.group.Commit(ctx, c)
}

// commit is one group in one transaction.
func (s *Store) commit(ctx context.Context, commits []eventstore.Commit) (plan eventstore.Plan, verdicts []eventstore.Verdict, err error) {
	err = s.transact(ctx, func() error {
		now := s.opt.Now()
		seen, err := s.see(ctx, eventstore.Ask(commits), now)
		if err != nil {
			return err
		}
		plan, verdicts = eventstore.Judge(seen, commits, now)
		if s.opt.afterJudge != nil {
			if err := s.opt.afterJudge(); err != nil {
				return err
			}
		}
		return s.write.plan(ctx, &plan)
	})
	if err != nil {
		return plan, nil, err
	}
	s.mu.Lock()
	if plan.Head > s.head {
		s.head, s.recorded = plan.Head, plan.Recorded
	}
	s.ordinals += int64(len(plan.Subjects))
	s.mu.Unlock()
	return plan, verdicts, nil
}

// Resnapshot replaces a snapshot whose stream did not move.
func (s *Store) Resnapshot(ctx context.Context, sn eventstore.Snapshot) (bool, error) {
	var replaced int64
	err := s.transact(ctx, func() error {
		res, err := s.conn.ExecContext(context.WithoutCancel(ctx), `
			UPDATE stream SET snapshot_version = version, fingerprint = ?, public = ?, sealed = ?,
				snapshot_position = (SELECT position FROM event e WHERE e.stream_id = stream.id AND e.stream_type = stream.type AND e.version = stream.version)
			WHERE type = ? AND id = ? AND version = ?
				AND NOT EXISTS (SELECT 1 FROM subject u WHERE u.id = stream.subject AND u.fenced_at IS NOT NULL)`,
			int64(sn.Fingerprint), sn.Public, sn.Sealed, sn.Stream.Type, sn.Stream.ID[:], sn.Version)
		if err == nil {
			replaced, err = res.RowsAffected()
		}
		return err
	})
	return replaced == 1, err
}

// Fence erases a subject. Its streams are found through what was said about it.
func (s *Store) Fence(ctx context.Context, subject uuid.UUID) error {
	if subject == uuid.Nil {
		return eventstore.ErrEmpty
	}
	return s.transact(ctx, func() error {
		for _, step := range []struct {
			text string
			args []any
		}{
			{`INSERT INTO subject (id, fenced_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET fenced_at = coalesce(fenced_at, excluded.fenced_at)`,
				[]any{subject[:], s.opt.Now().UnixMicro()}},
			{`DELETE FROM claim WHERE subject = ?`, []any{subject[:]}},
			{`UPDATE stream SET snapshot_version = NULL, snapshot_position = NULL, fingerprint = NULL, public = NULL, sealed = NULL
				WHERE (type, id) IN (SELECT stream_type, stream_id FROM event WHERE subject = ?)`, []any{subject[:]}},
		} {
			if _, err := s.conn.ExecContext(context.WithoutCancel(ctx), step.text, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
}
