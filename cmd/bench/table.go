package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/roster"
)

const tableDatabase = "bench_search"

// The table holds in clear text what the roster is asked for here: PostgreSQL
// has to be given that to search at all. Settings of the session: every question
// is planned for its own values, and 0.4 finds most of those with a mistake,
// which the default of 0.6 does not.
const (
	makeTable = `CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE customers (id uuid NOT NULL, number text NOT NULL, name text NOT NULL, sorted text COLLATE "und-x-icu" NOT NULL, email text, phone text, status text NOT NULL,
	type text NOT NULL, country text, city text, language text, tags text[], orders int NOT NULL, born date, marketing text, registered_at timestamptz NOT NULL, active_at timestamptz)`
	tableSession = `SET plan_cache_mode = force_custom_plan; SET jit = off; SET work_mem = '64MB'; SET pg_trgm.word_similarity_threshold = 0.4`
)

var tableIndexes = []string{
	`CREATE INDEX c_id ON customers (id)`, `CREATE INDEX c_name ON customers USING gin (name gin_trgm_ops)`, `CREATE INDEX c_email ON customers USING gin (email gin_trgm_ops)`,
	`CREATE INDEX c_phone ON customers USING gin (phone gin_trgm_ops)`, `CREATE INDEX c_number ON customers USING gin (number gin_trgm_ops)`,
	`CREATE INDEX c_exact ON customers (number)`, `CREATE INDEX c_country ON customers (country)`, `CREATE INDEX c_status ON customers (status)`, `CREATE INDEX c_orders ON customers (orders)`,
	`CREATE INDEX c_registered ON customers (registered_at, id)`, `CREATE INDEX c_active ON customers (active_at)`, `CREATE INDEX c_sorted ON customers (sorted, id)`,
	`CREATE INDEX c_tags ON customers USING gin (tags)`,
}

// table makes the table in a database of its own.
func (c *cluster) table(ctx context.Context) (*pgx.Conn, error) {
	dsn, err := c.create(ctx, tableDatabase)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{makeTable, tableSession} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("the table to search: %w", err)
		}
	}
	return conn, nil
}

// unindex makes filling quick.
func unindex(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `DROP INDEX IF EXISTS c_id, c_name, c_email, c_phone, c_number, c_exact, c_country, c_status, c_orders, c_registered, c_active, c_sorted, c_tags`)
	return err
}

func copyIn(ctx context.Context, conn *pgx.Conn, some []crowd.Person) error {
	columns := []string{"id", "number", "name", "sorted", "email", "phone", "status", "type", "country", "city", "language", "tags", "orders", "born", "marketing", "registered_at", "active_at"}
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"customers"}, columns, pgx.CopyFromSlice(len(some), func(i int) ([]any, error) {
		p, s := &some[i], some[i].State
		home := s.Addresses[s.DefaultAddress("shipping")]
		language := s.Profile.Locale
		if len(language) > 2 && language[2] == '-' {
			language = language[:2]
		}
		marketing := p.Consents.At("marketing", crowd.Now)
		return []any{p.ID, roster.NumberOf(p.Ordinal), s.Name.Full(), s.Name.Family + " " + s.Name.Given, orNull(s.Email.Address), orNull(s.Phone.Number), string(s.Status), string(s.Type),
			orNull(home.Country), orNull(home.City), orNull(language), s.Tags, p.Activity.Orders, day(s.Profile.DateOfBirth), string(marketing.Status), s.RegisteredAt, p.Activity.LastActivityAt}, nil
	}))
	return err
}

// indexTable makes the indexes, gathers statistics and tells what it takes.
func (t *town) indexTable(ctx context.Context, b *bench) error {
	for _, statement := range append(tableIndexes[:len(tableIndexes):len(tableIndexes)], `VACUUM (ANALYZE) customers`, `CHECKPOINT`) {
		if _, err := t.table.Exec(ctx, statement); err != nil {
			return err
		}
	}
	var rows, indexes int64
	if err := t.table.QueryRow(ctx, `SELECT pg_table_size('customers'), pg_indexes_size('customers')`).Scan(&rows, &indexes); err != nil {
		return err
	}
	b.figure(report.Figure{What: "PostgreSQL, table", Customers: t.people, Value: float64(rows) / float64(t.people), Unit: "bytes a customer"})
	b.figure(report.Figure{What: "PostgreSQL, indexes", Customers: t.people, Value: float64(indexes) / float64(t.people), Unit: "bytes a customer"})
	return nil
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
