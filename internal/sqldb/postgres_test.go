package sqldb_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

func openPostgres(t *testing.T, dsn string, o sqldb.PostgresOptions) *pgxpool.Pool {
	t.Helper()
	pool, err := sqldb.OpenPostgres(t.Context(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func show(t *testing.T, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, setting string) (value string) {
	t.Helper()
	if err := q.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// The control is the plain connection: there the weak setting holds.
func TestEverySessionIsDurableAndBounded(t *testing.T) {
	dsn := pgtest.Start(t)
	plain, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close(context.Background())
	if _, err := plain.Exec(t.Context(), `DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`); err != nil {
		t.Fatal(err)
	}
	weak, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer weak.Close(context.Background())
	if got := show(t, weak, "synchronous_commit"); got != "off" {
		t.Fatalf("control: synchronous_commit is %s, want off", got)
	}
	pool := openPostgres(t, dsn, sqldb.PostgresOptions{Name: "keys", Lock: time.Second, Statement: time.Hour})
	for setting, want := range map[string]string{"synchronous_commit": "on", "statement_timeout": "2s", "lock_timeout": "1s",
		"idle_in_transaction_session_timeout": "2s", "TimeZone": "UTC", "application_name": "keys"} {
		if got := show(t, pool, setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
}

func TestPostgresErrorsAreTranslatedByCodeAndShowNoValue(t *testing.T) {
	pool := openPostgres(t, pgtest.Start(t), sqldb.PostgresOptions{Statement: 50 * time.Millisecond})
	for _, c := range []struct {
		query string
		want  error
	}{
		{`SELECT pg_sleep(10), 'jane@example.com'`, fault.ErrUnavailable},
		{`DO $$ BEGIN RAISE EXCEPTION 'jane@example.com' USING ERRCODE = '53100'; END $$`, fault.ErrFull},
		{`DO $$ BEGIN RAISE EXCEPTION 'jane@example.com' USING ERRCODE = '40P01'; END $$`, fault.ErrUnavailable},
		{`DO $$ BEGIN RAISE EXCEPTION 'jane@example.com' USING ERRCODE = '57P01'; END $$`, fault.ErrUnavailable},
		{`SELECT 'jane@example.com'::uuid`, fault.ErrInternal},
	} {
		_, raw := pool.Exec(t.Context(), c.query)
		err := sqldb.Translate(raw)
		if fault.CodeOf(err) != fault.CodeOf(c.want) {
			t.Errorf("%s: %v, want %v", c.query, err, c.want)
		}
		if strings.Contains(err.Error(), "jane") {
			t.Errorf("%s: the error shows the value: %v", c.query, err)
		}
	}
	// Control: the driver's own error does show it.
	_, raw := pool.Exec(t.Context(), `SELECT 'jane@example.com'::uuid`)
	if !strings.Contains(raw.Error(), "jane") {
		t.Errorf("control: %v does not show the value; is the translation still needed?", raw)
	}
}

func TestAnUnreachableServerIsUnavailable(t *testing.T) {
	_, err := sqldb.OpenPostgres(t.Context(), "postgres://u:secret@127.0.0.1:1/db?sslmode=disable", sqldb.PostgresOptions{})
	if !errors.Is(err, fault.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want unavailable without the password", err)
	}
	_, err = sqldb.OpenPostgres(t.Context(), "postgres://u:se cret@127.0.0.1:port/db", sqldb.PostgresOptions{})
	if err == nil || strings.Contains(err.Error(), "cret@") {
		t.Errorf("got %v, want an error without the password", err)
	}
	pool := openPostgres(t, pgtest.Start(t), sqldb.PostgresOptions{})
	pool.Close()
	if _, err := pool.Exec(t.Context(), `SELECT 1`); !errors.Is(sqldb.Translate(err), fault.ErrUnavailable) {
		t.Errorf("closed pool: %v, want unavailable", err)
	}
}

var twoMigrations = fstest.MapFS{
	"m/00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (x INT);\n")},
	"m/00002_b.sql": {Data: []byte("-- +goose Up\nINSERT INTO a VALUES (1);\n")},
}

func TestMigrationsRunOnceHoweverManyStartTogether(t *testing.T) {
	pool := openPostgres(t, pgtest.Start(t), sqldb.PostgresOptions{})
	errs := make(chan error, 2)
	for range cap(errs) {
		go func() {
			db := stdlib.OpenDBFromPool(pool)
			defer db.Close()
			errs <- sqldb.Migrate(t.Context(), db, sqldb.DialectPostgres, twoMigrations, "m", "keys_version")
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	var n int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM a`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows (%v), want 1: a migration ran %d times", n, err, n)
	}
}

func TestMigrateSQLite(t *testing.T) {
	db, err := sqldb.OpenSQLite(t.Context(), t.TempDir()+"/x.db", sqldb.SQLiteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 2 {
		if err := sqldb.Migrate(t.Context(), db.Write, sqldb.DialectSQLite, twoMigrations, "m", "v"); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := db.Read.QueryRow(`SELECT count(*) FROM a`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows (%v), want 1", n, err)
	}
}
