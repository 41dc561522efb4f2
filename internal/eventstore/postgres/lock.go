package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/sqldb"
)

// lockKey names the append lock: "customer" in ASCII. Two logs in two
// databases of one server do not meet; advisory locks belong to a database.
const lockKey = 0x637573746f6d6572

// begin queues the start of a transaction that appends. The lock is a
// statement of its own, because a statement's snapshot is taken before it
// runs: one that locks and reads would read what was there before it waited.
func begin(b *pgx.Batch) {
	b.Queue(`BEGIN ISOLATION LEVEL READ COMMITTED`)
	b.Queue(`SELECT pg_advisory_xact_lock($1)`, int64(lockKey))
}

// locked runs statements that need no judge in one round trip, and tells how
// many rows the last of them changed.
func (s *Store) locked(ctx context.Context, queue func(*pgx.Batch)) (changed int64, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	conn, err := s.write.Acquire(ctx)
	if err != nil {
		return 0, sqldb.Translate(err)
	}
	defer conn.Release() // the pool drops a connection that is still in a transaction
	var b pgx.Batch
	begin(&b)
	queue(&b)
	n := b.Len()
	b.Queue(`COMMIT`)
	results := conn.SendBatch(ctx, &b)
	for i := range n {
		tag, err := results.Exec()
		if err != nil {
			results.Close()
			return 0, sqldb.Translate(err)
		}
		if i == n-1 {
			changed = tag.RowsAffected()
		}
	}
	return changed, sqldb.Translate(results.Close())
}
