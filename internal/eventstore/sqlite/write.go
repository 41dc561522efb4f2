package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// Commit appends, in a group.
func (s *Store) Commit(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
	return s.group.Commit(ctx, c)
}

// commit is one group in one transaction.
func (s *Store) commit(ctx context.Context, commits []eventstore.Commit) (verdicts []eventstore.Verdict, err error) {
	var plan eventstore.Plan
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
		return nil, err
	}
	s.mu.Lock()
	if plan.Head > s.head {
		s.head, s.recorded = plan.Head, plan.Recorded
	}
	s.ordinals += int64(len(plan.Subjects))
	s.mu.Unlock()
	s.beacon.Raise(plan.Head)
	return verdicts, nil
}

// writes are the statements of the writing connection.
type writes struct {
	questions
	events, heads, snapshots, subjects, claims, held, inbox, requests bulk
	release                                                           *sql.Stmt
}

// prepareWrites: OR ROLLBACK, OR IGNORE and REPLACE, because SQLite then keeps
// no journal for the single statement: a failure ends the transaction anyway.
func prepareWrites(ctx context.Context, p preparer) (w writes, err error) {
	if w.questions, err = prepareQuestions(ctx, p); err != nil {
		return w, err
	}
	for _, one := range []struct {
		bulk          *bulk
		columns       int
		before, after string
	}{
		{&w.events, 15, `INSERT OR ROLLBACK INTO event (` + eventColumns + `) VALUES `, ``},
		{&w.heads, 4, `INSERT INTO stream (type, id, subject, version) VALUES `,
			` ON CONFLICT (type, id) DO UPDATE SET version = excluded.version`},
		{&w.snapshots, 9, `REPLACE INTO stream (type, id, subject, version, snapshot_version, snapshot_position, fingerprint, public, sealed) VALUES `, ``},
		{&w.subjects, 2, `INSERT OR ROLLBACK INTO subject (id, ordinal) VALUES `, ``},
		{&w.held, 4, `WITH q(kind, hash, slot, subject) AS (VALUES `,
			`) SELECT 1 FROM q CROSS JOIN claim c ON c.kind = q.kind AND c.hash = q.hash AND c.slot = q.slot AND c.subject = q.subject`},
		{&w.claims, 4, `INSERT OR IGNORE INTO claim (kind, hash, slot, subject) VALUES `, ``},
		{&w.inbox, 2, `INSERT OR ROLLBACK INTO inbox (id, handled_at) VALUES `, ``},
		{&w.requests, 7, `INSERT OR REPLACE INTO request (key, hash, status, stream_type, stream_id, version, expires_at) VALUES `, ``},
	} {
		if *one.bulk, err = prepareBulk(ctx, p, one.columns, one.before, one.after); err != nil {
			return w, err
		}
	}
	w.release, err = p.PrepareContext(ctx, `DELETE FROM claim WHERE kind = ? AND hash = ? AND subject = ?`)
	return w, err
}

// plan writes what the judge decided.
func (w *writes) plan(ctx context.Context, p *eventstore.Plan) error {
	for _, cl := range p.Release {
		if _, err := w.release.ExecContext(ctx, cl.Kind, cl.Hash[:], cl.Subject[:]); err != nil {
			return err
		}
	}
	heads, snapshots := streamRows(p)
	for _, step := range []struct {
		bulk *bulk
		rows []any
	}{
		{&w.events, eventRows(p.Records)},
		{&w.heads, heads},
		{&w.snapshots, snapshots},
		{&w.subjects, subjectRows(p.Subjects)},
		{&w.inbox, inboxRows(p)},
		{&w.requests, requestRows(p.Requests)},
	} {
		if _, err := step.bulk.exec(ctx, step.rows); err != nil {
			return err
		}
	}
	return w.claim(ctx, p.Add)
}

// claim adds what is not held yet. Rows that were there before must be the
// same claims: the judge saw them, so anything else is a bug that must not
// become two holders.
func (w *writes) claim(ctx context.Context, add []eventstore.Claim) error {
	rows := claimRows(add)
	added, err := w.claims.exec(ctx, rows)
	if err != nil || added == int64(len(add)) {
		return err
	}
	held := 0
	err = w.held.query(ctx, rows, func(*sql.Rows) error {
		held++
		return nil
	})
	if err == nil && held != len(add) {
		err = fmt.Errorf("sqlite: %d claims to add, %d held: another subject holds one", len(add), held)
	}
	return err
}

// streamRows makes one row a stream: those without and those with a snapshot.
func streamRows(p *eventstore.Plan) (heads, snapshots []any) {
	states := make(map[event.Stream]*eventstore.Snapshot, len(p.Snapshots))
	for i := range p.Snapshots {
		states[p.Snapshots[i].Stream] = &p.Snapshots[i]
	}
	for i := range p.Streams {
		h := &p.Streams[i]
		if sn := states[h.Stream]; sn != nil {
			snapshots = append(snapshots, h.Stream.Type, h.Stream.ID[:], h.Subject[:], h.Version, sn.Version, sn.Position,
				int64(sn.Fingerprint), sn.Public, sn.Sealed)
		} else {
			heads = append(heads, h.Stream.Type, h.Stream.ID[:], h.Subject[:], h.Version)
		}
	}
	return heads, snapshots
}

func eventRows(records []eventstore.Record) []any {
	args := make([]any, 0, 15*len(records))
	for i := range records {
		r := &records[i]
		args = append(args, r.Position, r.Stream.Type, r.Stream.ID[:], r.Version, r.Subject[:], r.Type, r.Schema, r.Source,
			string(r.Actor), r.Notable, r.OccurredAt.UnixMicro(), r.RecordedAt.UnixMicro(), r.Trace, r.Public, r.Sealed)
	}
	return args
}

func subjectRows(subjects []eventstore.Subject) []any {
	args := make([]any, 0, 2*len(subjects))
	for i := range subjects {
		args = append(args, subjects[i].ID[:], subjects[i].Ordinal)
	}
	return args
}

func claimRows(claims []eventstore.Claim) []any {
	args := make([]any, 0, 4*len(claims))
	for i := range claims {
		c := &claims[i]
		slot := c.Subject[:]
		if c.Exclusive {
			slot = []byte{}
		}
		args = append(args, c.Kind, c.Hash[:], slot, c.Subject[:])
	}
	return args
}

func inboxRows(p *eventstore.Plan) []any {
	args := make([]any, 0, 2*len(p.Inbox))
	for _, id := range p.Inbox {
		args = append(args, id, p.Recorded.UnixMicro())
	}
	return args
}

func requestRows(requests []eventstore.Request) []any {
	args := make([]any, 0, 7*len(requests))
	for i := range requests {
		r := &requests[i]
		args = append(args, r.Key[:], r.Hash[:], r.Status, r.Stream.Type, r.Stream.ID[:], r.Version, r.Expires.UnixMicro())
	}
	return args
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
