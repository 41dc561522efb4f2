// Package sqlite keeps the access log in a SQLite file of its own, so that the
// readers' fsyncs do not queue behind the writers' and the file can be kept and
// dropped by its own rules.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an access log in a file. Use Open.
type Store struct {
	db     *sqldb.SQLite
	insert *sql.Stmt
}

var _ access.Store = (*Store)(nil)

// Open opens or creates the file; its folder must exist. A commit is on the
// disk when it returns: sqldb refuses a connection that says otherwise.
func Open(ctx context.Context, path string) (*Store, error) {
	db, err := sqldb.OpenSQLite(ctx, path, sqldb.SQLiteOptions{SecureDelete: true})
	if err != nil {
		return nil, err
	}
	if err := sqldb.Migrate(ctx, db.Write, sqldb.DialectSQLite, migrations, "migrations", "access_migrations"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	insert, err := db.Write.PrepareContext(ctx, `
		INSERT INTO access_groups (writer, seq, from_at, to_at, entries, reads, ordinals, sealed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return nil, errors.Join(sqldb.Translate(err), db.Close())
	}
	return &Store{db: db, insert: insert}, nil
}

// Append is one autocommitted row.
func (s *Store) Append(ctx context.Context, g access.Group) error {
	_, err := s.insert.ExecContext(ctx, g.Writer[:], g.Seq, g.From.UnixMicro(), g.To.UnixMicro(),
		g.Entries, g.Reads, g.Ordinals, g.Sealed)
	return sqldb.Translate(err)
}

// Bind marks the groups by runs of numbers of one writer, which is what a span
// is made of, and takes it back unless it marked exactly those.
func (s *Store) Bind(ctx context.Context, span access.Span) (bool, error) {
	tx, err := s.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return false, sqldb.Translate(err)
	}
	defer tx.Rollback() // after a commit: does nothing
	marked := int64(0)
	for run := range span.Runs() {
		res, err := tx.ExecContext(ctx, `
			UPDATE access_groups SET span = ?, slot = ? + seq WHERE span IS NULL AND writer = ? AND seq BETWEEN ? AND ?`,
			span.ID[:], run.Slot-run.First, run.Writer[:], run.First, run.Last)
		if err != nil {
			return false, sqldb.Translate(err)
		}
		n, _ := res.RowsAffected() // never fails in this driver
		marked += n
	}
	if marked != int64(len(span.Groups)) {
		return false, nil
	}
	for _, p := range span.Parts {
		if _, err := tx.ExecContext(ctx, `INSERT INTO access_parts (bucket, span, pairs) VALUES (?, ?, ?)`,
			p.Bucket, p.Span[:], p.Pairs); err != nil {
			return false, sqldb.Translate(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return false, sqldb.Translate(err)
	}
	return true, nil
}

// Totals adds up all groups.
func (s *Store) Totals(ctx context.Context) (t access.Totals, err error) {
	err = s.db.Read.QueryRowContext(ctx, `
		SELECT count(*), coalesce(sum(entries), 0), coalesce(sum(reads), 0) FROM access_groups`).
		Scan(&t.Groups, &t.Entries, &t.Reads)
	return t, sqldb.Translate(err)
}

// Close closes the file.
func (s *Store) Close() error { return errors.Join(s.insert.Close(), s.db.Close()) }

// instant is a time as the column has it.
type instant struct{ t *time.Time }

func (i instant) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return errors.New("access: a time that is no number")
	}
	*i.t = time.UnixMicro(n).UTC()
	return nil
}
