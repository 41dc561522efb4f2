package postgres

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
)

const selectRows = `SELECT subject, epoch, wrapped, created, fenced IS NOT NULL FROM vault_keys`

// Get is part of vault.KeyStore.
func (s *Store) Get(ctx context.Context, subjects []uuid.UUID) ([]vault.Row, error) {
	rows, err := collect(s.pool.Query(ctx, selectRows+` WHERE subject = ANY ($1)`, ids(subjects)))
	return rows, sqldb.Translate(err)
}

// Scan is part of vault.KeyStore.
func (s *Store) Scan(ctx context.Context, q vault.Query) ([]vault.Row, error) {
	below := int64(math.MaxInt64)
	if q.Below > 0 {
		below = int64(q.Below)
	}
	rows, err := collect(s.pool.Query(ctx, selectRows+`
		WHERE subject > $1 AND fenced IS NULL AND epoch < $2
		  AND created >= coalesce($3::timestamptz, '-infinity') AND created < coalesce($4::timestamptz, 'infinity')
		ORDER BY subject LIMIT $5`, q.After, below, orNull(q.From), orNull(q.Until), q.Limit))
	return rows, sqldb.Translate(err)
}

// Rewrap is part of vault.KeyStore.
func (s *Store) Rewrap(ctx context.Context, rows []vault.Rewrap) error {
	subjects, wrapped := make([]uuid.UUID, len(rows)), make([][]byte, len(rows))
	from, to := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		subjects[i], wrapped[i], from[i], to[i] = r.Subject, r.Wrapped, int64(r.From), int64(r.To)
	}
	_, err := s.pool.Exec(ctx, `
		UPDATE vault_keys k SET epoch = r.later, wrapped = r.wrapped
		FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bytea[]) r (subject, since, later, wrapped)
		WHERE k.subject = r.subject AND k.epoch = r.since AND k.fenced IS NULL`, ids(subjects), from, to, wrapped)
	return sqldb.Translate(err)
}

// ids gives subjects as what pgx writes as it is. A uuid.UUID it would ask for
// its text, by reflection, and parse that again.
func ids(subjects []uuid.UUID) [][16]byte {
	out := make([][16]byte, len(subjects))
	for i, s := range subjects {
		out[i] = s
	}
	return out
}

func collect(found pgx.Rows, err error) ([]vault.Row, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, func(r pgx.CollectableRow) (row vault.Row, err error) {
		err = r.Scan((*[16]byte)(&row.Subject), &row.Epoch, &row.Wrapped, &row.Created, &row.Fenced)
		row.Created = row.Created.UTC()
		return row, err
	})
}

// orNull leaves out a bound that is not set.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
