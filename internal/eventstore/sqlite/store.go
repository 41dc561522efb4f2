// Package sqlite keeps the log in one SQLite file, for one process.
//
// One connection writes, a pool reads. The head is known in memory, which is
// why a second process must never open the file: a lock file sees to that.
// A commit is on the disk when it returns, see sqldb.OpenSQLite.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are the few things that may differ. The zero value is good.
type Options struct {
	// Now is the clock for RecordedAt, expiry and leases; nil is the system's.
	Now func() time.Time

	beforeCommit func()       // tests pause or die here
	afterJudge   func() error // tests change what the judge saw
	unsafe       bool         // tests turn synchronous off, to see that it is noticed
}

// Store is a log in a file. Use Open.
type Store struct {
	db     *sqldb.SQLite
	lock   *os.File
	opt    Options
	group  *eventstore.Group
	beacon eventstore.Beacon
	read   reads
	broken atomic.Pointer[error] // set once the disk failed: nothing is written until a restart

	mu       sync.Mutex // guards the writing connection and what follows
	conn     *sql.Conn
	write    writes
	head     int64
	recorded time.Time // of the head
	ordinals int64
}

var _ eventstore.Store = (*Store)(nil)

// Open opens or creates the file at path. It fails when another process has it
// open.
func Open(ctx context.Context, path string, o Options) (_ *Store, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{opt: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if s.lock, err = takeLock(path + ".lock"); err != nil {
		return nil, err
	}
	if s.db, err = sqldb.OpenSQLite(ctx, path, sqldb.SQLiteOptions{}); err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", err)
	}
	if err := sqldb.Migrate(ctx, s.db.Write, sqldb.DialectSQLite, migrations, "migrations", "eventstore_version"); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, fmt.Errorf("sqlite: open: %w", sqldb.Translate(err))
	}
	s.group = eventstore.NewGroup(&s.beacon, s.commit)
	return s, nil
}

// prepare takes the writing connection and learns where the log is.
func (s *Store) prepare(ctx context.Context) (err error) {
	if s.conn, err = s.db.Write.Conn(ctx); err != nil {
		return err
	}
	for _, pragma := range []string{
		`PRAGMA cache_size = -65536`,        // KiB: claims are found at random places
		`PRAGMA wal_autocheckpoint = 16384`, // pages, 64 MiB: a page that many commits touch is copied once
	} {
		if _, err := s.conn.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	if s.opt.unsafe {
		if _, err := s.conn.ExecContext(ctx, `PRAGMA synchronous = OFF`); err != nil {
			return err
		}
	}
	if _, err := s.conn.ExecContext(ctx, `INSERT INTO lineage (singleton, id) VALUES (1, ?) ON CONFLICT DO NOTHING`, bytesOf(uuid.New())); err != nil {
		return err
	}
	var recorded int64
	err = s.conn.QueryRowContext(ctx, `SELECT position, recorded_at FROM event ORDER BY position DESC LIMIT 1`).Scan(&s.head, &recorded)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if s.head > 0 {
		s.recorded = timeOf(recorded)
	}
	err = s.conn.QueryRowContext(ctx, `SELECT coalesce(max(ordinal), -1) + 1 FROM subject WHERE ordinal IS NOT NULL`).Scan(&s.ordinals)
	if err != nil {
		return err
	}
	s.beacon.Raise(s.head)
	if s.write, err = prepareWrites(ctx, s.conn); err != nil {
		return err
	}
	s.read, err = prepareReads(ctx, s.db.Read)
	return err
}

// Ping tells whether the file can be written to.
func (s *Store) Ping(ctx context.Context) error {
	return s.transact(ctx, func() error { return nil })
}

// Close writes what was handed in and gives the file back.
func (s *Store) Close() error {
	s.group.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.release()
}

func (s *Store) release() error {
	var errs []error
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close()) // ends the lock
	}
	s.conn, s.db, s.lock = nil, nil, nil
	return errors.Join(errs...)
}

// transact runs f in a transaction of the writing connection.
func (s *Store) transact(ctx context.Context, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return fault.ErrUnavailable.With(sql.ErrConnDone)
	}
	if failed := s.broken.Load(); failed != nil {
		return fault.ErrUnavailable.With(fmt.Errorf("sqlite: nothing is written until a restart, after: %w", *failed))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// From here on without the caller's deadline: a transaction that is cut
	// off half-way would only have to be rolled back.
	ctx = context.WithoutCancel(ctx)
	_, err := s.conn.ExecContext(ctx, `BEGIN IMMEDIATE`)
	if err == nil {
		err = f()
	}
	if err == nil {
		if s.opt.beforeCommit != nil {
			s.opt.beforeCommit()
		}
		_, err = s.conn.ExecContext(ctx, `COMMIT`)
	}
	if err != nil {
		s.fail(ctx, err)
	}
	return sqldb.Translate(err)
}

// fail ends the transaction. SQLite may have done so itself: then there is
// none, and that is well. After a disk error nobody knows what the page cache
// still holds, so the store stops writing, as PostgreSQL does.
func (s *Store) fail(ctx context.Context, cause error) {
	_, err := s.conn.ExecContext(ctx, `ROLLBACK`)
	if inTransaction := err == nil; !inTransaction && !noTransaction(ctx, s.conn) {
		cause = errors.Join(cause, err)
		s.broken.CompareAndSwap(nil, &cause)
	}
	if diskFailed(cause) {
		cause = sqldb.Translate(cause)
		s.broken.CompareAndSwap(nil, &cause)
	}
}
