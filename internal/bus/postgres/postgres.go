// Package postgres stores dead letters in a PostgreSQL database that many
// instances share.
package postgres

import (
	"context"
	"embed"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/sqldb"
)

//go:embed migration
var migrations embed.FS

// DeadLetters is one database. Use Open.
type DeadLetters struct{ pool *pgxpool.Pool }

var _ bus.DeadLetters = (*DeadLetters)(nil)

// Open connects and brings the schema up.
func Open(ctx context.Context, dsn string) (*DeadLetters, error) {
	pool, err := sqldb.OpenPostgres(ctx, dsn, sqldb.PostgresOptions{Name: "customers dead letters", MaxConns: 4})
	if err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	err = sqldb.Migrate(ctx, db, sqldb.DialectPostgres, migrations, "migration", "dead_letter_version")
	if err = errors.Join(err, db.Close()); err != nil {
		pool.Close()
		return nil, err
	}
	return &DeadLetters{pool}, nil
}

// Close disconnects.
func (d *DeadLetters) Close() error {
	d.pool.Close()
	return nil
}

// Put stores a letter, unless it is there.
func (d *DeadLetters) Put(ctx context.Context, l bus.SealedLetter) error {
	_, err := d.pool.Exec(ctx, `
		WITH day AS (INSERT INTO dead_letter_day (day) VALUES ($2) ON CONFLICT DO NOTHING)
		INSERT INTO dead_letter (id, day, subject, code, attempts, at, user_hash, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		l.ID, l.Day, l.Subject, l.Code, l.Attempts, l.At, l.User[:], l.Sealed)
	return sqldb.Translate(err)
}

// List gives letters without Sealed by ascending id.
func (d *DeadLetters) List(ctx context.Context, after string, limit int) ([]bus.SealedLetter, error) {
	rows, err := d.pool.Query(ctx, `
		SELECT id, day, subject, code, attempts, at, user_hash, NULL::bytea FROM dead_letter WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	out, err := pgx.CollectRows(rows, scan)
	return out, sqldb.Translate(err)
}

// Get gives one letter.
func (d *DeadLetters) Get(ctx context.Context, id string) (bus.SealedLetter, error) {
	rows, err := d.pool.Query(ctx, `
		SELECT id, day, subject, code, attempts, at, user_hash, sealed FROM dead_letter WHERE id = $1`, id)
	if err != nil {
		return bus.SealedLetter{}, sqldb.Translate(err)
	}
	l, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, bus.ErrNoLetter
	}
	return l, sqldb.Translate(err)
}

func scan(row pgx.CollectableRow) (bus.SealedLetter, error) {
	var l bus.SealedLetter
	var user []byte
	err := row.Scan(&l.ID, &l.Day, &l.Subject, &l.Code, &l.Attempts, &l.At, &user, &l.Sealed)
	l.At = l.At.UTC()
	copy(l.User[:], user)
	return l, err
}

// Delete removes a letter.
func (d *DeadLetters) Delete(ctx context.Context, id string) error {
	_, err := d.pool.Exec(ctx, `DELETE FROM dead_letter WHERE id = $1`, id)
	return sqldb.Translate(err)
}

// Count is the number of letters.
func (d *DeadLetters) Count(ctx context.Context) (n int64, err error) {
	err = d.pool.QueryRow(ctx, `SELECT count(*) FROM dead_letter`).Scan(&n)
	return n, sqldb.Translate(err)
}

// FindUser gives the ids of letters with this user.
func (d *DeadLetters) FindUser(ctx context.Context, user [32]byte) ([]string, error) {
	return d.texts(ctx, `SELECT id FROM dead_letter WHERE user_hash = $1 ORDER BY id`, user[:])
}

// Days lists the days before a day that have a key.
func (d *DeadLetters) Days(ctx context.Context, before string) ([]string, error) {
	return d.texts(ctx, `SELECT day FROM dead_letter_day WHERE day < $1 ORDER BY day`, before)
}

func (d *DeadLetters) texts(ctx context.Context, query string, arg any) ([]string, error) {
	rows, err := d.pool.Query(ctx, query, arg)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return out, sqldb.Translate(err)
}

// DropDay removes a day and its letters. PostgreSQL keeps the dead rows until
// a vacuum; they have no key.
func (d *DeadLetters) DropDay(ctx context.Context, day string) (n int64, err error) {
	err = d.pool.QueryRow(ctx, `
		WITH gone AS (DELETE FROM dead_letter WHERE day = $1 RETURNING 1),
		day AS (DELETE FROM dead_letter_day WHERE day = $1)
		SELECT count(*) FROM gone`, day).Scan(&n)
	return n, sqldb.Translate(err)
}
