package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// rowsRead is how many rows all sessions that have ended read from tables and
// through indexes.
func rowsRead(t *testing.T, c *pgx.Conn) (n int64) {
	t.Helper()
	exec(t, c, `SELECT pg_stat_clear_snapshot()`)
	if err := c.QueryRow(t.Context(), `SELECT (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes) + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables)`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// lifetimes registers customers and does to each whatever a store can do.
// Statements are planned while the tables are empty, as on the first day.
func lifetimes(t *testing.T, s *postgres.Store, n int) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	for i := range n {
		st := event.Stream{Type: "customer", ID: uuid.Must(uuid.NewV7())}
		c := note(st, 1)
		email := eventstore.ClaimHash{Kind: "email", Hash: [32]byte(append(st.ID[:], st.ID[:]...))}
		c.Register, c.Inbox = []uuid.UUID{st.ID}, []string{st.ID.String()}
		c.Add = []eventstore.Claim{{ClaimHash: email, Subject: st.ID, Exclusive: true}}
		c.Appends[0].Snapshot = &eventstore.Snapshot{Public: []byte("state")}
		c.Request = &eventstore.Request{Key: email.Hash, Expires: time.Now().Add(time.Hour)}
		_, err := s.Commit(t.Context(), c)
		must(err)
		claims := c.Add
		c = note(st, 2)
		if i%2 == 0 {
			c.Release = claims
		}
		c.Appends[0].Snapshot = &eventstore.Snapshot{Public: []byte("state")}
		_, err = s.Commit(t.Context(), c)
		must(err)
		_, err = s.Load(t.Context(), st, st)
		must(err)
		_, err = s.Scan(t.Context(), "customer", st.ID, 10)
		must(err)
		_, err = s.Feed(t.Context(), int64(2*i), 10)
		must(err)
		_, err = s.Stream(t.Context(), st, 0, 10)
		must(err)
		_, err = s.About(t.Context(), st.ID, eventstore.Range{Limit: 10})
		must(err)
		_, err = s.About(t.Context(), st.ID, eventstore.Range{Limit: 10, Descending: true})
		must(err)
		_, err = s.Find(t.Context(), email, 10)
		must(err)
		_, err = s.Replay(t.Context(), email.Hash)
		must(err)
		_, err = s.ByNumber(t.Context(), int64(i))
		must(err)
		_, err = s.Resnapshot(t.Context(), eventstore.Snapshot{Stream: st, Version: 2})
		must(err)
		_, err = s.Head(t.Context())
		must(err)
		must(s.Revoke(t.Context(), eventstore.Revocation{Caller: email.Hash, Issued: time.Now(), Expires: time.Now().Add(time.Hour)}))
		_, err = s.Revoked(t.Context(), int64(i))
		must(err)
		if i%10 == 0 {
			must(s.Fence(t.Context(), st.ID))
		}
	}
}

// What a commit or a read costs must not grow with the table, also with plans
// from the first day. Full scans show as rows read, however fast they are.
func TestNoStatementReadsTheWholeTable(t *testing.T) {
	const n, each = 500, 60
	dsn := pgtest.Start(t)
	s, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	naive := connect(t, dsn)
	// The control asks who holds claims, planned now and by a plain join.
	exec(t, naive, `SET plan_cache_mode = force_generic_plan;
		PREPARE naive (text[], bytea[]) AS SELECT c.subject FROM unnest($1, $2) q (kind, hash)
			JOIN claim c ON c.kind = q.kind AND c.hash = q.hash AND c.slot = '';
		EXECUTE naive ('{}', '{}')`)
	counter := connect(t, dsn)
	lifetimes(t, s, n)
	if err := s.Close(); err != nil { // a session reports when it ends
		t.Fatal(err)
	}
	read := rowsRead(t, counter)
	t.Logf("%d rows read for %d customers", read, n)
	if read > n*each {
		t.Errorf("%d rows read for %d customers: some statement reads a whole table", read, n)
	}
	for range each {
		exec(t, naive, `EXECUTE naive ('{email}', '{x}')`)
	}
	exec(t, naive, `SELECT pg_stat_force_next_flush()`)
	if more := rowsRead(t, counter) - read; more < n*each/4 {
		t.Errorf("the control read %d rows only: a statement that reads the whole table would not be noticed", more)
	}
}
