package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/eventstoretest"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// The failures that other event stores on PostgreSQL published. Each test
// plays the failure on a table that has it, with the same checker, and then
// the same scene on ours.

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func exec(t *testing.T, c *pgx.Conn, text string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dsn string, beforeCommit func()) *postgres.Store {
	t.Helper()
	s, err := postgres.OpenWatched(t.Context(), dsn, postgres.Options{}, beforeCommit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// note is a commit of one event to a stream.
func note(st event.Stream, version int64) eventstore.Commit {
	return eventstore.Commit{Appends: []eventstore.Append{{Stream: st, Subject: st.ID, Expected: version - 1,
		Records: []eventstore.Record{{Envelope: event.Envelope{Stream: st, Subject: st.ID, Version: version, Type: "Noted", OccurredAt: time.Now()}}}}}}
}

func stream() event.Stream { return event.Stream{Type: "note", ID: uuid.New()} }

// naive reads a table (position, stream, version) after a position.
func naive(t *testing.T, c *pgx.Conn, tail *eventstoretest.Tail, query string) {
	t.Helper()
	rows, err := c.Query(t.Context(), query, tail.After)
	if err != nil {
		t.Fatal(err)
	}
	page, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r eventstore.Record, err error) {
		r.Stream.Type = "note"
		err = row.Scan(&r.Position, (*[16]byte)(&r.Stream.ID), &r.Version)
		return r, err
	})
	if err != nil {
		t.Fatal(err)
	}
	tail.Take(page)
}

// A sequence gives numbers before the commit: who reads up to the highest
// number skips what commits late with a lower one.
func TestASequenceSkipsAndTheLogDoesNot(t *testing.T) {
	dsn := pgtest.Start(t)
	slow, fast := connect(t, dsn), connect(t, dsn)
	exec(t, slow, `CREATE TABLE serial_event (position bigserial PRIMARY KEY, stream uuid, version bigint)`)
	insert := `INSERT INTO serial_event (stream, version) VALUES (gen_random_uuid(), 1)`
	exec(t, slow, `BEGIN`)
	exec(t, slow, insert)
	exec(t, fast, insert)
	const after = `SELECT position, stream, version FROM serial_event WHERE position > $1 ORDER BY position`
	var reader, table eventstoretest.Tail
	naive(t, fast, &reader, after)
	exec(t, slow, `COMMIT`)
	naive(t, fast, &reader, after)
	naive(t, fast, &table, after)
	if err := reader.Same(&table); err == nil {
		t.Fatal("the checker did not notice what the sequence skipped")
	}

	entered, leave := make(chan struct{}), make(chan struct{})
	paused := open(t, dsn, func() { entered <- struct{}{}; <-leave })
	other := open(t, dsn, nil)
	done := make(chan error, 2)
	go func() { _, err := paused.Commit(t.Context(), note(stream(), 1)); done <- err }()
	<-entered
	go func() { _, err := other.Commit(t.Context(), note(stream(), 1)); done <- err }()
	reader, table = eventstoretest.Tail{}, eventstoretest.Tail{}
	read := func(tail *eventstoretest.Tail) {
		page, err := other.Feed(t.Context(), tail.After, 10)
		if err != nil {
			t.Fatal(err)
		}
		tail.Take(page)
	}
	read(&reader) // while one is paused and the other waits for it
	close(leave)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		read(&reader)
	}
	read(&reader)
	read(&table)
	if err := reader.Same(&table); err != nil || table.Count != 2 {
		t.Errorf("%d records: %v", table.Count, err)
	}
}

// Transaction ids are given at the first write, not at the commit: an old
// transaction that appends late comes before what it follows.
func TestTransactionIDsReorderAStreamAndTheLogDoesNot(t *testing.T) {
	dsn := pgtest.Start(t)
	old, young := connect(t, dsn), connect(t, dsn)
	exec(t, old, `CREATE TABLE xid_event (xid xid8 DEFAULT pg_current_xact_id(), position bigserial, stream uuid, version bigint)`)
	id := uuid.New()
	insert := `INSERT INTO xid_event (stream, version) VALUES ($1, $2)`
	exec(t, old, `BEGIN`)
	exec(t, old, `SELECT pg_current_xact_id()`) // some other write gave it an id
	exec(t, young, insert, [16]byte(id), 1)
	exec(t, old, insert, [16]byte(id), 2)
	exec(t, old, `COMMIT`)
	var byXID eventstoretest.Tail
	naive(t, young, &byXID, `SELECT row_number() OVER (ORDER BY xid, position), stream, version FROM xid_event WHERE $1 = 0 ORDER BY xid, position`)
	var inOrder eventstoretest.Tail
	inOrder.Take([]eventstore.Record{
		{Envelope: event.Envelope{Position: 1, Stream: event.Stream{Type: "note", ID: id}, Version: 1}},
		{Envelope: event.Envelope{Position: 2, Stream: event.Stream{Type: "note", ID: id}, Version: 2}}})
	if err := byXID.Same(&inOrder); err == nil {
		t.Fatal("the checker did not notice the inversion")
	}

	exec(t, old, `BEGIN`)
	exec(t, old, `SELECT pg_current_xact_id()`) // older than both of ours, and still there
	st := event.Stream{Type: "note", ID: id}
	for version, s := range []*postgres.Store{open(t, dsn, nil), open(t, dsn, nil)} {
		if _, err := s.Commit(t.Context(), note(st, int64(version)+1)); err != nil {
			t.Fatal(err)
		}
		var got eventstoretest.Tail
		page, err := s.Feed(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		got.Take(page)
		if version == 1 {
			if err := got.Same(&inOrder); err != nil {
				t.Error(err)
			}
		}
	}
}

// A feed that ends at the snapshot's xmin stands still behind any transaction
// that is left open, be it of another program.
func TestAForeignIdleTransactionDoesNotStopTheFeed(t *testing.T) {
	dsn := pgtest.Start(t)
	foreign, reader := connect(t, dsn), connect(t, dsn)
	s := open(t, dsn, nil)
	exec(t, foreign, `CREATE TABLE foreign_table (n int); BEGIN; INSERT INTO foreign_table VALUES (1)`)
	for version := range int64(3) {
		if _, err := s.Commit(t.Context(), note(event.Stream{Type: "note", ID: uuid.UUID{9}}, version+1)); err != nil {
			t.Fatal(err)
		}
	}
	var gated int
	if err := reader.QueryRow(t.Context(), `SELECT count(*) FROM event WHERE pg_xact_status(xmin::text::xid8) = 'committed'
		AND xmin::text::xid8 < pg_snapshot_xmin(pg_current_snapshot())`).Scan(&gated); err != nil {
		t.Fatal(err)
	}
	if gated != 0 {
		t.Fatalf("the gated feed shows %d records: the foreign transaction does not stop it", gated)
	}
	if page, err := s.Feed(t.Context(), 0, 10); err != nil || len(page) != 3 {
		t.Errorf("the feed shows %d records, want 3: %v", len(page), err)
	}
}

// The connection is cut after the statements were prepared: nothing is left,
// and the caller is told that it may try again.
func TestALostConnectionLeavesNothing(t *testing.T) {
	dsn := pgtest.Start(t)
	killer := connect(t, dsn)
	armed := true
	s := open(t, dsn, func() {
		if armed {
			exec(t, killer, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
				WHERE application_name = 'customers-log-write' AND state = 'idle in transaction'`)
		}
	})
	st := stream()
	c := note(st, 1)
	c.Register = []uuid.UUID{st.ID}
	if _, err := s.Commit(t.Context(), c); !errors.Is(err, fault.ErrUnavailable) {
		t.Fatalf("commit on a lost connection: %v, want unavailable", err)
	}
	if head, err := s.Head(t.Context()); err != nil || head != 0 {
		t.Errorf("head %d, %v, want 0", head, err)
	}
	armed = false
	out, err := s.Commit(t.Context(), c)
	if err != nil || out.Position != 1 || out.Subjects[0].Number != 1 {
		t.Errorf("again: %+v, %v", out, err)
	}
}

// Whoever holds the lock for too long loses it: nobody waits for ever.
func TestTheAppendLockIsBounded(t *testing.T) {
	dsn := pgtest.Start(t)
	s, holder := open(t, dsn, nil), connect(t, dsn)
	exec(t, holder, `BEGIN`)
	exec(t, holder, `SELECT pg_advisory_xact_lock($1)`, int64(0x637573746f6d6572))
	if _, err := s.Commit(t.Context(), note(stream(), 1)); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("commit behind a lock: %v, want unavailable", err)
	}
	exec(t, holder, `ROLLBACK`)
	if _, err := s.Commit(t.Context(), note(stream(), 1)); err != nil {
		t.Errorf("commit after it: %v", err)
	}
}

// The primary key is the second line behind the judge: a claim for another
// subject that the judge let through ends the transaction.
func TestTheClaimsTableKeepsExclusiveClaimsUnique(t *testing.T) {
	dsn := pgtest.Start(t)
	c := connect(t, dsn)
	st := stream()
	h := eventstore.ClaimHash{Kind: "email", Hash: [32]byte{1}}
	armed := false
	s := open(t, dsn, func() {
		if armed { // after the judge has seen that it is free
			exec(t, c, `INSERT INTO claim (kind, hash, slot, subject) VALUES ('email', $1, '', gen_random_uuid())`, h.Hash[:])
		}
	})
	armed = true
	taken := note(st, 1)
	taken.Add = []eventstore.Claim{{ClaimHash: h, Subject: st.ID, Exclusive: true}}
	if _, err := s.Commit(t.Context(), taken); err == nil {
		t.Error("two subjects hold one exclusive claim")
	}
	if holders, err := s.Find(t.Context(), h, 10); err != nil || len(holders) != 1 || holders[0] == st.ID {
		t.Errorf("holders %v, %v", holders, err)
	}
}
