package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
)

// Insert is part of vault.KeyStore.
func (s *Store) Insert(ctx context.Context, rows []vault.Row) ([]vault.Row, error) {
	standing := make([]vault.Row, len(rows))
	err := s.write(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `
			INSERT INTO vault_keys (subject, epoch, wrapped, created, fenced)
			SELECT ?1, ?2, ?3, ?4, zeroblob(8) WHERE ?5 >= (SELECT floor FROM vault_binding)
			ON CONFLICT (subject) DO NOTHING`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for i, r := range rows {
			done, err := insert.ExecContext(ctx, r.Subject[:], epochBytes(r.Epoch), r.Wrapped, stamp(r.Created), r.Epoch)
			if err != nil {
				return err
			}
			if added, err := done.RowsAffected(); err != nil {
				return err
			} else if added == 1 { // as nearly always: asking for what was just written would double the cost
				standing[i] = r
				standing[i].Created = time.UnixMilli(r.Created.UnixMilli()).UTC()
				continue
			}
			if standing[i], err = scan(tx.QueryRowContext(ctx, selectRow, r.Subject[:])); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, sql.ErrNoRows) { // neither there nor added
		return nil, vault.ErrRetired
	}
	if err != nil {
		return nil, err
	}
	return standing, nil
}

// Get is part of vault.KeyStore.
func (s *Store) Get(ctx context.Context, subjects []uuid.UUID) ([]vault.Row, error) {
	rows := make([]vault.Row, 0, len(subjects))
	for _, subject := range subjects {
		row, err := scan(s.one.QueryRowContext(ctx, subject[:]))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, sqldb.Translate(err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Scan is part of vault.KeyStore.
func (s *Store) Scan(ctx context.Context, q vault.Query) ([]vault.Row, error) {
	below, from, until := epochBytes(math.MaxUint32), live, bytes.Repeat([]byte{0xff}, 8)
	if q.Below > 0 {
		below = epochBytes(q.Below)
	}
	if !q.From.IsZero() {
		from = stamp(q.From)
	}
	if !q.Until.IsZero() {
		until = stamp(q.Until)
	}
	found, err := s.db.Read.QueryContext(ctx, `
		SELECT subject, epoch, wrapped, created, fenced FROM vault_keys
		WHERE subject > ? AND fenced = x'0000000000000000' AND epoch < ? AND created >= ? AND created < ?
		ORDER BY subject LIMIT ?`, q.After[:], below, from, until, q.Limit)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	defer found.Close()
	var rows []vault.Row
	for found.Next() {
		row, err := scan(found)
		if err != nil {
			return nil, sqldb.Translate(err)
		}
		rows = append(rows, row)
	}
	return rows, sqldb.Translate(found.Err())
}

// Rewrap is part of vault.KeyStore.
func (s *Store) Rewrap(ctx context.Context, rows []vault.Rewrap) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		update, err := tx.PrepareContext(ctx, `
			UPDATE vault_keys SET epoch = ?, wrapped = ? WHERE subject = ? AND epoch = ? AND fenced = x'0000000000000000'`)
		if err != nil {
			return err
		}
		defer update.Close()
		for _, r := range rows {
			if _, err := update.ExecContext(ctx, epochBytes(r.To), r.Wrapped, r.Subject[:], epochBytes(r.From)); err != nil {
				return err
			}
		}
		return nil
	})
}

const selectRow = `SELECT subject, epoch, wrapped, created, fenced FROM vault_keys WHERE subject = ?`

func scan(from interface{ Scan(...any) error }) (row vault.Row, err error) {
	var subject, epoch, created, fenced []byte
	if err := from.Scan(&subject, &epoch, &row.Wrapped, &created, &fenced); err != nil {
		return vault.Row{}, err
	}
	row.Subject = uuid.UUID(subject)
	row.Epoch = binary.BigEndian.Uint32(epoch)
	row.Created = time.UnixMilli(int64(binary.BigEndian.Uint64(created))).UTC()
	if row.Fenced = !bytes.Equal(fenced, live); row.Fenced {
		row.Wrapped = nil
	}
	return row, nil
}
