// Package postgres is the key store in a PostgreSQL database, for any number
// of processes that share one keyring folder. The database has its own
// backups: it must not share the data's, or erasing a customer could be undone
// by restoring both.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
)

//go:embed migration
var migrations embed.FS

// Store is a vault.KeyStore. Use Open.
type Store struct{ pool *pgxpool.Pool }

var _ vault.KeyStore = (*Store)(nil)

// Open connects and brings the schema up to date.
func Open(ctx context.Context, dsn string, o sqldb.PostgresOptions) (*Store, error) {
	pool, err := sqldb.OpenPostgres(ctx, dsn, o)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	err = sqldb.Migrate(ctx, db, sqldb.DialectPostgres, migrations, "migration", "vault_version")
	if err = errors.Join(err, db.Close()); err != nil {
		pool.Close()
		return nil, fmt.Errorf("key store: %w", err)
	}
	return &Store{pool: pool}, nil
}

// Bind is part of vault.KeyStore.
func (s *Store) Bind(ctx context.Context, ring uuid.UUID) (vault.Binding, error) {
	var b vault.Binding
	_, err := s.pool.Exec(ctx, `INSERT INTO vault_binding (one, ring, floor) VALUES (1, $1, 0) ON CONFLICT DO NOTHING`, ring)
	if err == nil {
		err = s.pool.QueryRow(ctx, `SELECT ring, floor FROM vault_binding`).Scan(&b.Ring, &b.Floor)
	}
	return b, sqldb.Translate(err)
}

// Raise is part of vault.KeyStore. It waits for inserts that hold the binding
// row, and inserts that come later see what it wrote.
func (s *Store) Raise(ctx context.Context, floor uint32) error {
	_, err := s.pool.Exec(ctx, `UPDATE vault_binding SET floor = greatest(floor, $1)`, int64(floor))
	return sqldb.Translate(err)
}

// Fence is part of vault.KeyStore. Dead rows and the server's WAL keep the
// wrapped bytes; they end with their epoch.
func (s *Store) Fence(ctx context.Context, subjects []uuid.UUID) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO vault_keys (subject, epoch, wrapped, created, fenced)
		SELECT subject, 0, NULL, now(), now() FROM unnest($1::uuid[]) subject ORDER BY subject
		ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, fenced = now() WHERE vault_keys.fenced IS NULL`, ids(subjects))
	return sqldb.Translate(err)
}

// Fenced is part of vault.KeyStore.
func (s *Store) Fenced(ctx context.Context, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT subject FROM vault_keys WHERE fenced IS NOT NULL AND subject > $1 ORDER BY subject LIMIT $2`, after, limit)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	subjects, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return subjects, sqldb.Translate(err)
}

// Ping is part of vault.KeyStore.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `SELECT 1 FROM vault_binding LIMIT 1`)
	return sqldb.Translate(err)
}

// Close is part of vault.KeyStore.
func (s *Store) Close() error {
	s.pool.Close()
	return nil
}

// Insert is part of vault.KeyStore: one pipelined round trip, which is one
// transaction. Rows go in by subject, so that two groups cannot deadlock.
func (s *Store) Insert(ctx context.Context, rows []vault.Row) ([]vault.Row, error) {
	subjects, epochs, wrapped, created := columns(rows)
	var b pgx.Batch
	b.Queue(`
		WITH binding AS (SELECT floor FROM vault_binding FOR SHARE)
		INSERT INTO vault_keys (subject, epoch, wrapped, created)
		SELECT r.* FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::timestamptz[]) r (subject, epoch, wrapped, created)
		WHERE r.epoch >= coalesce((SELECT floor FROM binding), 0)
		ORDER BY r.subject
		ON CONFLICT (subject) DO NOTHING`, ids(subjects), epochs, wrapped, created)
	// A statement of its own, so that it sees what another transaction
	// inserted while the one above waited for it.
	b.Queue(selectRows+` WHERE subject = ANY ($1)`, ids(subjects))
	results := s.pool.SendBatch(ctx, &b)
	_, err := results.Exec()
	var found []vault.Row
	if err == nil {
		found, err = collect(results.Query())
	}
	if err := errors.Join(err, results.Close()); err != nil {
		return nil, sqldb.Translate(err)
	}
	return inOrder(found, subjects)
}

// inOrder gives the rows of subjects; one that is missing was neither there
// nor added.
func inOrder(found []vault.Row, subjects []uuid.UUID) ([]vault.Row, error) {
	by := make(map[uuid.UUID]vault.Row, len(found))
	for _, row := range found {
		by[row.Subject] = row
	}
	standing := make([]vault.Row, len(subjects))
	for i, subject := range subjects {
		row, ok := by[subject]
		if !ok {
			return nil, vault.ErrRetired
		}
		standing[i] = row
	}
	return standing, nil
}

func columns(rows []vault.Row) (subjects []uuid.UUID, epochs []int64, wrapped [][]byte, created []time.Time) {
	for _, r := range rows {
		subjects = append(subjects, r.Subject)
		epochs = append(epochs, int64(r.Epoch))
		wrapped = append(wrapped, r.Wrapped)
		created = append(created, r.Created.UTC().Truncate(time.Millisecond))
	}
	return slices.Clip(subjects), epochs, wrapped, created
}
