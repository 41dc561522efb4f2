package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// questions are the statements that answer eventstore.Question. CROSS JOIN
// makes SQLite look up the few asked keys instead of scanning the table.
type questions struct {
	versions, holders, subjects, inbox, requests bulk
}

func prepareQuestions(ctx context.Context, p preparer) (q questions, err error) {
	for _, one := range []struct {
		bulk          *bulk
		columns       int
		before, after string
	}{
		{&q.versions, 2, `WITH q(type, id) AS (VALUES `,
			`) SELECT s.type, s.id, s.version FROM q CROSS JOIN stream s ON s.type = q.type AND s.id = q.id`},
		{&q.holders, 2, `WITH q(kind, hash) AS (VALUES `,
			`) SELECT c.kind, c.hash, c.subject FROM q CROSS JOIN claim c ON c.kind = q.kind AND c.hash = q.hash AND c.slot = x''`},
		{&q.subjects, 1, `WITH q(id) AS (VALUES `,
			`) SELECT s.id, s.ordinal IS NOT NULL, s.fenced_at IS NOT NULL FROM q CROSS JOIN subject s ON s.id = q.id`},
		{&q.inbox, 1, `WITH q(id) AS (VALUES `,
			`) SELECT i.id FROM q CROSS JOIN inbox i ON i.id = q.id`},
		{&q.requests, 1, `WITH q(key) AS (VALUES `,
			`) SELECT ` + requestColumns + ` FROM q CROSS JOIN request r ON r.key = q.key`},
	} {
		if *one.bulk, err = prepareBulk(ctx, p, one.columns, one.before, one.after); err != nil {
			return q, err
		}
	}
	return q, nil
}

// see answers inside the transaction.
func (s *Store) see(ctx context.Context, q eventstore.Question, now time.Time) (*eventstore.Seen, error) {
	seen := eventstore.NewSeen()
	seen.Head, seen.Recorded, seen.Ordinals = s.head, s.recorded, s.ordinals
	ask := &s.write.questions
	args := make([]any, 0, 2*len(q.Streams))
	for i := range q.Streams {
		args = append(args, q.Streams[i].Type, q.Streams[i].ID[:])
	}
	err := ask.versions.query(ctx, args, func(rows *sql.Rows) error {
		var st event.Stream
		var version int64
		err := rows.Scan(&st.Type, idOf(&st.ID), &version)
		seen.Versions[st] = version
		return err
	})
	if err != nil {
		return nil, err
	}
	args = args[:0]
	for i := range q.Claims {
		args = append(args, q.Claims[i].Kind, q.Claims[i].Hash[:])
	}
	err = ask.holders.query(ctx, args, func(rows *sql.Rows) error {
		var h eventstore.ClaimHash
		var holder uuid.UUID
		err := rows.Scan(&h.Kind, hashOf(&h.Hash), idOf(&holder))
		seen.Holders[h] = holder
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.seeSubjects(ctx, q, seen); err != nil {
		return nil, err
	}
	return seen, s.seeOnce(ctx, q, now, seen)
}

func (s *Store) seeSubjects(ctx context.Context, q eventstore.Question, seen *eventstore.Seen) error {
	args := make([]any, 0, len(q.Subjects))
	for i := range q.Subjects {
		args = append(args, q.Subjects[i][:])
	}
	return s.write.questions.subjects.query(ctx, args, func(rows *sql.Rows) error {
		var id uuid.UUID
		var known, fenced bool
		err := rows.Scan(idOf(&id), &known, &fenced)
		seen.Known[id], seen.Fenced[id] = known, fenced
		return err
	})
}

func (s *Store) seeOnce(ctx context.Context, q eventstore.Question, now time.Time, seen *eventstore.Seen) error {
	var args []any
	for _, id := range q.Inbox {
		args = append(args, id)
	}
	err := s.write.questions.inbox.query(ctx, args, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		seen.Inbox[id] = true
		return err
	})
	if err != nil {
		return err
	}
	args = args[:0]
	for i := range q.Requests {
		args = append(args, q.Requests[i][:])
	}
	return s.write.questions.requests.query(ctx, args, func(rows *sql.Rows) error {
		r, err := scanRequest(rows)
		if err == nil && r.Expires.After(now) {
			seen.Requests[r.Key] = r
		}
		return err
	})
}
