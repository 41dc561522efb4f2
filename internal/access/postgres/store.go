// Package postgres keeps the access log in PostgreSQL, shared by all instances.
package postgres

import (
	"context"
	"embed"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an access log in a database. Use Open.
type Store struct{ pool *pgxpool.Pool }

var _ access.Store = (*Store)(nil)

// Open connects and migrates. A commit is on the disk when it returns: sqldb
// refuses a session that says otherwise.
func Open(ctx context.Context, dsn string) (*Store, error) {
	pool, err := sqldb.OpenPostgres(ctx, dsn, sqldb.PostgresOptions{Name: "customers-access"})
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	err = sqldb.Migrate(ctx, db, sqldb.DialectPostgres, migrations, "migrations", "access_migrations")
	if err = errors.Join(err, db.Close()); err != nil {
		pool.Close()
		return nil, err
	}
	return &Store{pool}, nil
}

// Append is one autocommitted row.
func (s *Store) Append(ctx context.Context, g access.Group) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO access_groups (writer, seq, from_at, to_at, entries, reads, ordinals, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		g.Writer, g.Seq, g.From.UnixMicro(), g.To.UnixMicro(), g.Entries, g.Reads, g.Ordinals, g.Sealed)
	return sqldb.Translate(err)
}

// Bind marks the groups by runs of numbers of one writer, which is what a span
// is made of, and takes it back unless it marked exactly those. Two instances
// that bind the same groups wait for each other; the second finds none loose.
func (s *Store) Bind(ctx context.Context, span access.Span) (bool, error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return false, sqldb.Translate(err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // after a commit: does nothing
	marked := int64(0)
	for run := range span.Runs() {
		tag, err := tx.Exec(ctx, `
			UPDATE access_groups SET span = $1, slot = $2 + seq WHERE span IS NULL AND writer = $3 AND seq BETWEEN $4 AND $5`,
			span.ID, run.Slot-run.First, run.Writer, run.First, run.Last)
		if err != nil {
			return false, sqldb.Translate(err)
		}
		marked += tag.RowsAffected()
	}
	if marked != int64(len(span.Groups)) {
		return false, nil
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"access_parts"}, []string{"bucket", "span", "pairs"},
		pgx.CopyFromSlice(len(span.Parts), func(i int) ([]any, error) {
			p := &span.Parts[i]
			return []any{int64(p.Bucket), p.Span, p.Pairs}, nil
		}))
	if err != nil {
		return false, sqldb.Translate(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return false, sqldb.Translate(err)
	}
	return true, nil
}

// Totals adds up all groups.
func (s *Store) Totals(ctx context.Context) (t access.Totals, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*), coalesce(sum(entries), 0)::bigint, coalesce(sum(reads), 0)::bigint FROM access_groups`).
		Scan(&t.Groups, &t.Entries, &t.Reads)
	return t, sqldb.Translate(err)
}

// Close closes the pool.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// instant is a time as the column has it.
type instant struct{ t *time.Time }

func (i instant) ScanInt64(v pgInt8) error {
	*i.t = time.UnixMicro(v.Int64).UTC()
	return nil
}
