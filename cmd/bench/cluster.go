package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// cluster is the PostgreSQL that service and pgbench share, with the server's
// default settings: fsync and synchronous_commit are on for both.
type cluster struct {
	admin   *url.URL
	pgbench string
}

// insert is the bare thing: one row of about the size that a registration's
// record has, one transaction.
const (
	bareTable  = `CREATE TABLE bare (id uuid PRIMARY KEY, position int8 NOT NULL, envelope text NOT NULL, sealed bytea NOT NULL)`
	bareInsert = `\set position random(1, 1000000000000)
INSERT INTO bare VALUES (gen_random_uuid(), :position, :envelope, :sealed);
`
)

func openCluster(ctx context.Context) (*cluster, error) {
	dsn, err := pgtest.Server()
	if err != nil {
		return nil, err
	}
	c := &cluster{}
	if c.admin, err = url.Parse(dsn); err != nil {
		return nil, errors.New("the cluster's address is not a URL")
	}
	if c.pgbench, err = findPgbench(); err != nil {
		return nil, err
	}
	bare, err := c.create(ctx, "bench_bare")
	if err == nil {
		err = query(ctx, bare, bareTable, nil)
	}
	return c, err
}

func findPgbench() (string, error) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench"); len(found) > 0 {
		return found[len(found)-1], nil
	}
	return exec.LookPath("pgbench")
}

// database gives a database's address.
func (c *cluster) database(name string) string {
	u := *c.admin
	u.Path = "/" + name
	return u.String()
}

func (c *cluster) create(ctx context.Context, name string) (dsn string, err error) {
	if err := c.drop(ctx, name); err != nil {
		return "", err
	}
	return c.database(name), query(ctx, c.admin.String(), "CREATE DATABASE "+name, nil)
}

func (c *cluster) drop(ctx context.Context, name string) error {
	return query(ctx, c.admin.String(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", nil)
}

func (c *cluster) size(ctx context.Context, name string) (n int64, err error) {
	return n, query(ctx, c.admin.String(), "SELECT pg_database_size('"+name+"')", &n)
}

func (c *cluster) version(ctx context.Context) (v string, err error) {
	return v, query(ctx, c.admin.String(), "SHOW server_version", &v)
}

// query runs one statement on a connection of its own, and reads one value
// when into is not nil.
func query(ctx context.Context, dsn, statement string, into any) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if into == nil {
		_, err = conn.Exec(ctx, statement)
	} else {
		err = conn.QueryRow(ctx, statement).Scan(into)
	}
	return err
}

// insert is one round of single-row inserts into an empty table.
func (c *cluster) insert(ctx context.Context, clients int, d time.Duration) (report.Measure, error) {
	dsn := c.database("bench_bare")
	if err := query(ctx, dsn, "TRUNCATE bare", nil); err != nil {
		return report.Measure{}, err
	}
	script, err := os.CreateTemp("", "customers-bench-*.sql")
	if err != nil {
		return report.Measure{}, err
	}
	defer os.Remove(script.Name())
	_, err = script.WriteString(bareInsert)
	if err = errors.Join(err, script.Close()); err != nil {
		return report.Measure{}, err
	}
	out, err := machine.Command(ctx, c.pgbench, "--no-vacuum", "--protocol=prepared", "--file="+script.Name(),
		"--client="+strconv.Itoa(clients), "--jobs=2", "--time="+strconv.Itoa(max(int(d.Seconds()+0.5), 2)), // connecting takes its part of the first second
		"--define=envelope="+strings.Repeat("e", 200), "--define=sealed=\\x"+strings.Repeat("a7", 300), dsn)
	if err != nil {
		return report.Measure{}, err
	}
	return parsePgbench(out)
}

var (
	tps    = regexp.MustCompile(`(?m)^tps = ([0-9.]+) \(without initial connection time\)`)
	failed = regexp.MustCompile(`(?m)^number of failed transactions: ([0-9]+)`)
)

// parsePgbench reads the rate of a report. A run in which inserts failed is no
// yardstick.
func parsePgbench(out string) (report.Measure, error) {
	rate := tps.FindStringSubmatch(out)
	bad := failed.FindStringSubmatch(out)
	if rate == nil || bad != nil && bad[1] != "0" {
		return report.Measure{}, fmt.Errorf("pgbench did not run well: %s", out)
	}
	r, err := strconv.ParseFloat(rate[1], 64)
	return report.Measure{Rate: r}, err
}
