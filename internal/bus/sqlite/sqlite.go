// Package sqlite stores dead letters in a file of its own. Deleted letters are
// overwritten.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/sqldb"
)

//go:embed migration
var migrations embed.FS

// DeadLetters is one file. Use Open.
type DeadLetters struct{ db *sqldb.SQLite }

var _ bus.DeadLetters = (*DeadLetters)(nil)

// Open opens or creates the file; its folder must exist.
func Open(ctx context.Context, path string) (*DeadLetters, error) {
	db, err := sqldb.OpenSQLite(ctx, path, sqldb.SQLiteOptions{SecureDelete: true, Readers: 2})
	if err != nil {
		return nil, err
	}
	if err := sqldb.Migrate(ctx, db.Write, sqldb.DialectSQLite, migrations, "migration", "dead_letter_version"); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &DeadLetters{db}, nil
}

// Close closes the file.
func (d *DeadLetters) Close() error { return d.db.Close() }

// Put stores a letter, unless it is there.
func (d *DeadLetters) Put(ctx context.Context, l bus.SealedLetter) error {
	return d.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO dead_letter_day (day) VALUES (?) ON CONFLICT DO NOTHING`, l.Day); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO dead_letter (id, day, subject, code, attempts, at, user, sealed)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			l.ID, l.Day, l.Subject, l.Code, l.Attempts, l.At.UnixMicro(), l.User[:], l.Sealed)
		return err
	})
}

// List gives letters without Sealed by ascending id.
func (d *DeadLetters) List(ctx context.Context, after string, limit int) ([]bus.SealedLetter, error) {
	rows, err := d.db.Read.QueryContext(ctx, `
		SELECT id, day, subject, code, attempts, at, user, NULL FROM dead_letter WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	defer rows.Close()
	var out []bus.SealedLetter
	for rows.Next() {
		l, err := scan(rows)
		if err != nil {
			return nil, sqldb.Translate(err)
		}
		out = append(out, l)
	}
	return out, sqldb.Translate(rows.Err())
}

// Get gives one letter.
func (d *DeadLetters) Get(ctx context.Context, id string) (bus.SealedLetter, error) {
	l, err := scan(d.db.Read.QueryRowContext(ctx, `
		SELECT id, day, subject, code, attempts, at, user, sealed FROM dead_letter WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return l, bus.ErrNoLetter
	}
	return l, sqldb.Translate(err)
}

func scan(row interface{ Scan(...any) error }) (bus.SealedLetter, error) {
	var l bus.SealedLetter
	var at int64
	var user []byte
	err := row.Scan(&l.ID, &l.Day, &l.Subject, &l.Code, &l.Attempts, &at, &user, &l.Sealed)
	l.At = time.UnixMicro(at).UTC()
	copy(l.User[:], user)
	return l, err
}

// Delete removes a letter.
func (d *DeadLetters) Delete(ctx context.Context, id string) error {
	_, err := d.db.Write.ExecContext(ctx, `DELETE FROM dead_letter WHERE id = ?`, id)
	return sqldb.Translate(err)
}

// Count is the number of letters.
func (d *DeadLetters) Count(ctx context.Context) (n int64, err error) {
	err = d.db.Read.QueryRowContext(ctx, `SELECT count(*) FROM dead_letter`).Scan(&n)
	return n, sqldb.Translate(err)
}

// FindUser gives the ids of letters with this user.
func (d *DeadLetters) FindUser(ctx context.Context, user [32]byte) ([]string, error) {
	return d.texts(ctx, `SELECT id FROM dead_letter WHERE user = ? ORDER BY id`, user[:])
}

// Days lists the days before a day that have a key.
func (d *DeadLetters) Days(ctx context.Context, before string) ([]string, error) {
	return d.texts(ctx, `SELECT day FROM dead_letter_day WHERE day < ? ORDER BY day`, before)
}

func (d *DeadLetters) texts(ctx context.Context, query string, arg any) ([]string, error) {
	rows, err := d.db.Read.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, sqldb.Translate(err)
		}
		out = append(out, s)
	}
	return out, sqldb.Translate(rows.Err())
}

// DropDay removes a day and its letters, and their old pages from the WAL. When
// a reader is in the way of the latter, the next checkpoint does it.
func (d *DeadLetters) DropDay(ctx context.Context, day string) (n int64, err error) {
	err = d.write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `DELETE FROM dead_letter WHERE day = ?`, day)
		if err != nil {
			return err
		}
		if n, err = done.RowsAffected(); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM dead_letter_day WHERE day = ?`, day)
		return err
	})
	if err == nil {
		_ = d.db.Truncate(ctx) // what is left in the WAL has no key
	}
	return n, err
}

func (d *DeadLetters) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := d.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return sqldb.Translate(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return sqldb.Translate(err)
	}
	return sqldb.Translate(tx.Commit())
}
