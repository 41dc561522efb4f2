// Package sqlite is the key store in a SQLite file of its own, for one
// process. The file has its own backups: it must not lie in the same backup
// as the data, or erasing a customer could be undone by restoring both.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
)

//go:embed migration
var migrations embed.FS

// live is the fenced column of a live row.
var live = make([]byte, 8)

// Store is a vault.KeyStore. Use Open.
type Store struct {
	db  *sqldb.SQLite
	one *sql.Stmt // selectRow, which is asked more often than all else
}

var _ vault.KeyStore = (*Store)(nil)

// Open opens or creates the file and brings its schema up to date.
func Open(ctx context.Context, path string) (*Store, error) {
	return open(ctx, path, sqldb.SQLiteOptions{SecureDelete: true})
}

func open(ctx context.Context, path string, o sqldb.SQLiteOptions) (*Store, error) {
	db, err := sqldb.OpenSQLite(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	err = sqldb.Migrate(ctx, db.Write, sqldb.DialectSQLite, migrations, "migration", "vault_version")
	if err == nil {
		// A crash between a fence and its checkpoint leaves keys in the WAL.
		err = db.Truncate(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("key store: %w", err), db.Close())
	}
	one, err := db.Read.PrepareContext(ctx, selectRow)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("key store: %w", sqldb.Translate(err)), db.Close())
	}
	return &Store{db: db, one: one}, nil
}

// Bind is part of vault.KeyStore.
func (s *Store) Bind(ctx context.Context, ring uuid.UUID) (b vault.Binding, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO vault_binding (one, ring, floor) VALUES (1, ?, 0) ON CONFLICT DO NOTHING`, ring[:])
		if err != nil {
			return err
		}
		var id []byte
		if err := tx.QueryRowContext(ctx, `SELECT ring, floor FROM vault_binding`).Scan(&id, &b.Floor); err != nil {
			return err
		}
		b.Ring, err = uuid.FromBytes(id)
		return err
	})
	return b, err
}

// Raise is part of vault.KeyStore.
func (s *Store) Raise(ctx context.Context, floor uint32) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE vault_binding SET floor = max(floor, ?)`, floor)
		return err
	})
}

// Fence is part of vault.KeyStore. It overwrites the keys where they lie and
// empties the WAL, which held them too.
func (s *Store) Fence(ctx context.Context, subjects []uuid.UUID) error {
	at := stamp(time.Now())
	err := s.write(ctx, func(tx *sql.Tx) error {
		for _, subject := range subjects {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO vault_keys (subject, epoch, wrapped, created, fenced)
				VALUES (?, zeroblob(4), zeroblob(93), ?2, ?2)
				ON CONFLICT (subject) DO UPDATE SET wrapped = excluded.wrapped, fenced = excluded.fenced
				WHERE fenced = zeroblob(8)`, subject[:], at)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.db.Truncate(ctx)
}

// Fenced is part of vault.KeyStore.
func (s *Store) Fenced(ctx context.Context, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	rows, err := s.db.Read.QueryContext(ctx, `
		SELECT subject FROM vault_keys WHERE fenced <> x'0000000000000000' AND subject > ? ORDER BY subject LIMIT ?`, after[:], limit)
	if err != nil {
		return nil, sqldb.Translate(err)
	}
	defer rows.Close()
	var subjects []uuid.UUID
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return nil, sqldb.Translate(err)
		}
		subjects = append(subjects, uuid.UUID(id))
	}
	return subjects, sqldb.Translate(rows.Err())
}

// Ping is part of vault.KeyStore.
func (s *Store) Ping(ctx context.Context) error {
	return sqldb.Translate(s.db.Read.QueryRowContext(ctx, `SELECT 1 FROM vault_binding LIMIT 1`).Scan(new(int)))
}

// Close is part of vault.KeyStore.
func (s *Store) Close() error { return errors.Join(s.one.Close(), s.db.Close()) }

// write runs do in the one writing transaction, which is BEGIN IMMEDIATE.
func (s *Store) write(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return sqldb.Translate(err)
	}
	if err := do(tx); err != nil {
		return errors.Join(sqldb.Translate(err), ignoreDone(tx.Rollback()))
	}
	return sqldb.Translate(tx.Commit())
}

// ignoreDone: a context that ends has rolled the transaction back already.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return sqldb.Translate(err)
}

func stamp(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(t.UnixMilli()))
}

func epochBytes(e uint32) []byte { return binary.BigEndian.AppendUint32(nil, e) }
