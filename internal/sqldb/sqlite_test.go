package sqldb

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/internal/fault"
)

func openTest(t *testing.T, o SQLiteOptions) (*SQLite, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a 100%? #file.db") // every character a URI could trip over
	db, err := OpenSQLite(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, path
}

func mustExec(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func TestTheFileAndItsWALArePrivate(t *testing.T) {
	db, path := openTest(t, SQLiteOptions{})
	mustExec(t, db.Write, `CREATE TABLE t (x)`)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		fi, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != 0o600 {
			t.Errorf("%q has mode %v, want 0600", suffix, fi.Mode().Perm())
		}
	}
}

func TestAConnectionWhoseSettingsDoNotHoldIsRefused(t *testing.T) {
	_, path := openTest(t, SQLiteOptions{})
	good := newConnector(path, SQLiteOptions{SecureDelete: true, Busy: time.Second}, true)
	conn, err := good.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	// Control: each check alone, over a connection on which it does not hold.
	file, _, _ := strings.Cut(good.dsn, "?")
	for _, want := range good.want {
		if want.name == "journal_mode" { // kept in the file, so it holds without being asked for
			want.want = "delete"
		}
		bare := &connector{driver: good.driver, dsn: file + "?_synchronous=NORMAL", want: []pragma{want}}
		if conn, err := bare.Connect(t.Context()); err == nil {
			conn.Close()
			t.Errorf("a connection without %s was accepted", want.name)
		}
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db, _ := openTest(t, SQLiteOptions{})
	mustExec(t, db.Write, `CREATE TABLE t (x)`)
	for _, query := range []string{`INSERT INTO t VALUES (1)`, `PRAGMA query_only=OFF; INSERT INTO t VALUES (1)`} {
		if _, err := db.Read.ExecContext(t.Context(), query); err == nil {
			t.Errorf("a reader ran %q", query)
		}
	}
}

func TestTruncateReportsAReaderInTheWay(t *testing.T) {
	db, path := openTest(t, SQLiteOptions{Busy: 20 * time.Millisecond})
	mustExec(t, db.Write, `CREATE TABLE t (x)`)
	tx, err := db.Read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.QueryRow(`SELECT count(*) FROM t`).Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	mustExec(t, db.Write, `INSERT INTO t VALUES (1)`)
	if err := db.Truncate(t.Context()); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("with a reader: %v, want unavailable", err)
	}
	tx.Rollback()
	if err := db.Truncate(t.Context()); err != nil {
		t.Errorf("without a reader: %v", err)
	}
	if fi, err := os.Stat(path + "-wal"); err != nil || fi.Size() != 0 {
		t.Errorf("the WAL has %v bytes (%v), want 0", fi.Size(), err)
	}
}

func TestSQLiteErrorsAreTranslatedByCode(t *testing.T) {
	db, path := openTest(t, SQLiteOptions{Busy: 10 * time.Millisecond})
	mustExec(t, db.Write, `CREATE TABLE t (x UNIQUE)`)
	mustExec(t, db.Write, `INSERT INTO t VALUES ('jane@example.com')`)

	other, err := OpenSQLite(t.Context(), path, SQLiteOptions{Busy: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Write.ExecContext(t.Context(), `INSERT INTO t VALUES (2)`)
	if err = Translate(err); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("busy: %v, want unavailable", err)
	}
	tx.Rollback()

	_, err = db.Write.ExecContext(t.Context(), `INSERT INTO t VALUES ('jane@example.com')`)
	if err = Translate(err); CodeOf(err) != "2067" || fault.KindOf(err) != fault.Internal {
		t.Errorf("unique: %v with code %q, want an internal error with 2067", err, CodeOf(err))
	}
	mustExec(t, db.Write, `PRAGMA max_page_count=4`)
	_, err = db.Write.ExecContext(t.Context(), `INSERT INTO t VALUES (?)`, strings.Repeat("x", 1<<16))
	if err = Translate(err); !errors.Is(err, fault.ErrFull) {
		t.Errorf("no room: %v, want full", err)
	}
}

func TestTranslateLeavesAloneWhatIsNotTheDatabases(t *testing.T) {
	for _, err := range []error{nil, sql.ErrNoRows, fault.ErrErased, t.Context().Err(), fmt.Errorf("other")} {
		if got := Translate(err); got != err {
			t.Errorf("Translate(%v) = %v", err, got)
		}
	}
}
