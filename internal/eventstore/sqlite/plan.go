package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/acme/customers/internal/eventstore"
)

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
