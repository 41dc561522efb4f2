package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/acme/customers/internal/fault"
)

// Error is what is left of a database error: its code, never its text.
// PostgreSQL quotes values in messages and details, so the driver's own error
// must not reach a log.
type Error struct {
	Dialect    Dialect
	Code       string // SQLSTATE, or SQLite's extended result code
	Constraint string // PostgreSQL: the constraint or column it names
}

// Error shows the code.
func (e *Error) Error() string {
	s := "sqldb: " + string(e.Dialect) + " " + e.Code
	if e.Constraint != "" {
		s += " (" + e.Constraint + ")"
	}
	return s
}

// Translate turns a driver's error into a fault, by code:
//
//	disk full                                     fault.ErrFull
//	busy, locked, timeout, I/O, connection lost   fault.ErrUnavailable
//
// sql.ErrNoRows, pgx.ErrNoRows, context.Canceled and faults pass through.
// Another database error becomes a bare *Error, which is internal. Whoever
// wants to look at a constraint does so before, or reads Code from *Error.
func Translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return translateSQLite(e.Code())
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return translatePostgres(e)
	}
	if lost(err) {
		return unavailable(err)
	}
	return err
}

// CodeOf is the database's own code in err's chain, translated or not: a
// SQLSTATE, SQLite's extended result code, or "".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return strconv.Itoa(e.Code())
	}
	return ""
}

func translateSQLite(code int) error {
	e := &Error{Dialect: DialectSQLite, Code: strconv.Itoa(code)}
	switch code & 0xff { // the primary result code
	case sqlite3.SQLITE_FULL:
		return fault.ErrFull.With(e)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY:
		return unavailable(e)
	}
	return e
}

func translatePostgres(p *pgconn.PgError) error {
	e := &Error{Dialect: DialectPostgres, Code: p.Code, Constraint: p.ConstraintName}
	if p.Code == "53100" { // disk_full
		return fault.ErrFull.With(e)
	}
	switch p.Code {
	case "57014", // query_canceled: statement_timeout
		"55P03", // lock_not_available: lock_timeout
		"25P03", // idle_in_transaction_session_timeout
		"25P04", // transaction_timeout
		"25006", // read_only_sql_transaction: we talk to a standby
		"40001", // serialization_failure
		"40P01", // deadlock_detected
		"58030": // io_error
		return unavailable(e)
	}
	switch p.Code[:min(2, len(p.Code))] {
	case "08", "53", "57": // connection, resources, operator intervention
		return unavailable(e)
	}
	return e
}

// lost tells whether err means that the database could not be reached.
func lost(err error) bool {
	for _, target := range []error{context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone,
		puddle.ErrClosedPool, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, target) {
			return true
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.Timeout(err) || pgconn.SafeToRetry(err)
}

func unavailable(cause error) error { return fault.ErrUnavailable.With(cause) }
