// Package postgres keeps the log in PostgreSQL, for any number of instances.
//
// One transaction at a time appends, under an advisory lock that is taken by a
// statement of its own: the statements after it see all that was committed
// before it, and what they commit becomes visible before the lock is given
// back. That makes positions gapless and in commit order. A sequence would
// skip what commits late, and transaction ids say nothing about commit order.
package postgres

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/acme/customers/internal/batch"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// poll bounds how long a commit of another instance goes unnoticed.
const poll = 75 * time.Millisecond

// Options are the few things that may differ. The zero value is good.
type Options struct {
	// Now is the clock for RecordedAt, expiry and leases; nil is the
	// server's, which all instances share.
	Now func() time.Time
	// Readers is the size of the reading pool; 0 is pgx's default.
	Readers int32
	Tracer  pgx.QueryTracer

	beforeCommit func() // tests pause or die here
}

// Store is a log in a database. Use Open.
type Store struct {
	write  *pgxpool.Pool // two: the group that appends, and whatever else waits for the lock
	read   *pgxpool.Pool
	opt    Options
	group  *eventstore.Group
	heads  *batch.Writer[struct{}, int64]
	beacon eventstore.Beacon
}

var _ eventstore.Store = (*Store)(nil)

// planner turns off what is never right here: every statement looks up a few
// keys, or reads a range in the order of an index. A plan that was made for an
// empty table would else read the full one until the next ANALYZE.
var planner = map[string]string{
	"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off",
	"enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
}

// Open connects and brings the schema up to date.
func Open(ctx context.Context, dsn string, o Options) (_ *Store, err error) {
	s := &Store{opt: o}
	defer func() {
		if err != nil {
			s.closePools()
			err = fmt.Errorf("postgres: open: %w", err)
		}
	}()
	options := sqldb.PostgresOptions{Name: "customers-log-write", MaxConns: 2, Tracer: o.Tracer, Settings: planner}
	if s.write, err = sqldb.OpenPostgres(ctx, dsn, options); err != nil {
		return nil, err
	}
	options.Name, options.MaxConns = "customers-log-read", o.Readers
	if s.read, err = sqldb.OpenPostgres(ctx, dsn, options); err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(s.write)
	err = sqldb.Migrate(ctx, db, sqldb.DialectPostgres, migrations, "migrations", "eventstore_version")
	db.Close()
	if err != nil {
		return nil, err
	}
	if _, err = s.write.Exec(ctx, `INSERT INTO lineage (singleton, id) VALUES (1, $1) ON CONFLICT DO NOTHING`, uuid.New()); err != nil {
		return nil, sqldb.Translate(err)
	}
	s.group = eventstore.NewGroup(&s.beacon, s.commit)
	s.heads = batch.New(4096, s.askHead)
	return s, nil
}

// Ping tells whether the database can be written to: it takes the lock that
// appends take. A standby refuses.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.locked(ctx, func(b *pgx.Batch) {
		b.Queue(`UPDATE lineage SET id = id WHERE false`)
	})
	return err
}

// Close writes what was handed in and ends the connections.
func (s *Store) Close() error {
	s.group.Close()
	s.heads.Close()
	s.closePools()
	return nil
}

func (s *Store) closePools() {
	if s.write != nil {
		s.write.Close()
	}
	if s.read != nil {
		s.read.Close()
	}
}

// bounded ends what the server's own timeouts cannot: a connection that is
// gone, and a wait for a free one.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 2*sqldb.MaxWait)
}

// now is the parameter of every statement that needs the time; NULL means the
// server's clock, see clock.
func (s *Store) now() *int64 {
	if s.opt.Now == nil {
		return nil
	}
	micros := s.opt.Now().UnixMicro()
	return &micros
}

// clock is the time in SQL, with now as parameter $1.
const clock = `coalesce($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)`

func unavailable(err error) error { return fault.ErrUnavailable.With(err) }
