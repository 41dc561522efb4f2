// Package pgtest gives tests a real PostgreSQL: one throw-away cluster a test
// process, a fresh database a call.
//
// The cluster runs with the server's default settings, so fsync is on and the
// numbers mean something. TEST_POSTGRES_URL uses that server instead. A test
// that needs PostgreSQL and finds none fails; it is never skipped.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is started by the first test of the process that asks, and ends with
// the process: there is no other end that every way of leaving a test binary
// passes through.
var server = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv("TEST_POSTGRES_URL"); dsn != "" {
		return dsn, nil
	}
	return startCluster()
})

// Start gives the URL of an empty database that is dropped when the test ends.
func Start(t testing.TB) string {
	t.Helper()
	admin, err := server()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:16])
	if err := run(admin, "CREATE DATABASE "+name); err != nil {
		t.Fatalf("pgtest: create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := run(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop the database: %v", err)
		}
	})
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal("pgtest: TEST_POSTGRES_URL is not a URL")
	}
	u.Path = "/" + name
	return u.String()
}

// Server gives the address of the process's server to a program that is no
// test: the benchmark measures on the same cluster that tests run on.
func Server() (string, error) { return server() }

func run(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", strings.Fields(statement)[0], err)
	}
	return nil
}
