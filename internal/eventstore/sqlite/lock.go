package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/acme/customers/internal/sqldb"
)

// takeLock holds a file for as long as this process has the log open. The
// kernel gives it back when the process ends, however it ends (flock(2)).
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("sqlite: another process has the log open (%s is locked); one process at a time", path)
		}
		return nil, fmt.Errorf("sqlite: lock: %w", err)
	}
	return f, nil
}

// diskFailed tells an I/O error or a damaged file from everything else.
func diskFailed(err error) bool {
	code, _ := strconv.Atoi(sqldb.CodeOf(err))
	switch code & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// noTransaction: BEGIN succeeds only outside a transaction.
func noTransaction(ctx context.Context, conn *sql.Conn) bool {
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return false
	}
	_, err := conn.ExecContext(ctx, `ROLLBACK`)
	return err == nil
}
