// Package sqldb opens the databases that every driver in this program stands
// on, in one way: the same durability, the same short timeouts, the same
// translation of driver errors, the same forward-only migrations.
//
// It knows no table. A driver owns its SQL; this package owns what must never
// differ between two drivers.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// MaxWait bounds every wait for a lock, a statement or an idle transaction.
// Whoever waits longer holds up a whole group of writers behind it.
const MaxWait = 2 * time.Second

// SQLiteOptions are the few things in which two SQLite files may differ.
type SQLiteOptions struct {
	// SecureDelete overwrites deleted content with zeros (PRAGMA
	// secure_delete=ON). The WAL still holds old pages until Truncate.
	SecureDelete bool
	// Readers is the size of the read pool; 0 is one a CPU and at least 4.
	Readers int
	// Busy is how long a connection waits for a lock; 0 and anything above
	// MaxWait is MaxWait.
	Busy time.Duration
}

// SQLite is one file, opened by one process: a single writer connection whose
// transactions are BEGIN IMMEDIATE, and a pool of connections that only read.
type SQLite struct {
	Write *sql.DB // one connection: a second writer waits in the pool, not in SQLite
	Read  *sql.DB // query_only; keep a read transaction under a second, it stops the checkpoint
}

// OpenSQLite opens or creates the file (mode 0600; the folder must exist).
// Every connection of both pools is refused unless SQLite confirms WAL,
// synchronous=FULL and the asked secure_delete: a pragma that did not take
// effect is silent otherwise.
func OpenSQLite(ctx context.Context, path string, o SQLiteOptions) (*SQLite, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqldb: path: %w", err)
	}
	if err := createPrivate(abs); err != nil {
		return nil, err
	}
	if o.Busy <= 0 || o.Busy > MaxWait {
		o.Busy = MaxWait
	}
	if o.Readers <= 0 {
		o.Readers = max(4, runtime.GOMAXPROCS(0))
	}
	db := &SQLite{Write: sql.OpenDB(newConnector(abs, o, false))}
	db.Write.SetMaxOpenConns(1)
	db.Write.SetMaxIdleConns(1)
	// The writer first: it is the one that turns a new file into WAL.
	if err := db.Write.PingContext(ctx); err != nil {
		return nil, errors.Join(Translate(err), db.Write.Close())
	}
	db.Read = sql.OpenDB(newConnector(abs, o, true))
	db.Read.SetMaxOpenConns(o.Readers)
	db.Read.SetMaxIdleConns(o.Readers)
	if err := db.Read.PingContext(ctx); err != nil {
		return nil, errors.Join(Translate(err), db.Close())
	}
	return db, nil
}

// Truncate moves the whole WAL into the file and cuts the WAL to nothing. It
// fails unless SQLite says that it did all of it: a reader in the way would
// leave deleted content in the WAL, silently.
func (db *SQLite) Truncate(ctx context.Context) error {
	var busy, log, moved int
	err := db.Write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &moved)
	if err != nil {
		return Translate(err)
	}
	if busy != 0 || log != 0 {
		return unavailable(&Error{Dialect: DialectSQLite, Code: "wal_checkpoint busy"})
	}
	return nil
}

// Close closes the readers, then the writer, so that the last connection can
// checkpoint and remove the WAL.
func (db *SQLite) Close() error {
	var err error
	if db.Read != nil {
		err = db.Read.Close()
	}
	return errors.Join(err, db.Write.Close())
}

// createPrivate makes the file before SQLite would, with a mode that no umask
// widens; -wal and -shm inherit it. O_EXCL, because opening and closing an
// existing file here would drop the POSIX locks of this process on it.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sqldb: create: %w", err)
	}
	return f.Close()
}

// dsn is a file: URI, in which a path may hold any character.
func dsn(path string, o SQLiteOptions, readOnly bool) string {
	q := url.Values{}
	q.Set("_busy_timeout", strconv.FormatInt(o.Busy.Milliseconds(), 10))
	q.Set("_foreign_keys", "on")
	q.Set("_synchronous", "FULL")
	q.Set("_dqs", "0")
	q.Set("_error_rc", "1")
	q.Add("_pragma", "trusted_schema(0)")
	q.Add("_pragma", "temp_store(MEMORY)")
	q.Add("_pragma", "secure_delete("+onOff(o.SecureDelete)+")")
	if readOnly {
		q.Set("mode", "ro")
		q.Set("_query_only", "on")
	} else {
		q.Set("_journal_mode", "WAL")
		q.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

func onOff(b bool) string {
	if b {
		return "ON"
	}
	return "OFF"
}
