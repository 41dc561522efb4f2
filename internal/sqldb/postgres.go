package sqldb

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/acme/customers/internal/fault"
)

// PostgresOptions are the few things in which two pools may differ. A timeout
// of 0, or above MaxWait, is MaxWait.
type PostgresOptions struct {
	Name      string        // application_name, to be seen in pg_stat_activity
	MaxConns  int32         // 0 is pgx's default: the greater of 4 and the CPUs
	Statement time.Duration // statement_timeout
	Lock      time.Duration // lock_timeout
	Idle      time.Duration // idle_in_transaction_session_timeout
	Tracer    pgx.QueryTracer
	Settings  map[string]string // further settings of each session, e.g. the planner's
}

// OpenPostgres opens a pool and one connection of it. Each session is given
// the timeouts and synchronous_commit of at least "on", read back, before the
// pool may use it; a role or database that sets something weaker is overruled.
// A server with fsync=off is refused: it would acknowledge what it can lose.
func OpenPostgres(ctx context.Context, dsn string, o PostgresOptions) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// Not wrapped: the cause quotes the DSN.
		return nil, fmt.Errorf("sqldb: the PostgreSQL DSN cannot be parsed")
	}
	if o.MaxConns > 0 {
		cfg.MaxConns = o.MaxConns
	}
	if o.Name != "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = o.Name
	}
	maps.Copy(cfg.ConnConfig.RuntimeParams, o.Settings)
	cfg.ConnConfig.ConnectTimeout = bounded(cfg.ConnConfig.ConnectTimeout)
	cfg.ConnConfig.Tracer = o.Tracer
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error { return prepare(ctx, c, o) }
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, Translate(err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, Translate(err)
	}
	return pool, nil
}

// prepare sets up a session in one round trip and checks what came of it.
func prepare(ctx context.Context, c *pgx.Conn, o PostgresOptions) error {
	var commit, fsync string
	err := c.QueryRow(ctx, `
		SELECT set_config('statement_timeout', $1, false) IS NULL
		    OR set_config('lock_timeout', $2, false) IS NULL
		    OR set_config('idle_in_transaction_session_timeout', $3, false) IS NULL
		    OR set_config('TimeZone', 'UTC', false) IS NULL,
		       -- remote_apply is more than "on"; everything else is raised to it
		       set_config('synchronous_commit',
		           CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
		       current_setting('fsync')`,
		millis(o.Statement), millis(o.Lock), millis(o.Idle)).Scan(new(bool), &commit, &fsync)
	if err != nil {
		return err
	}
	if commit != "on" && commit != "remote_apply" {
		return fault.ErrUnavailable.With(fmt.Errorf("sqldb: synchronous_commit is %s", commit))
	}
	if fsync != "on" {
		return fault.ErrUnavailable.With(fmt.Errorf("sqldb: the server runs with fsync=%s and can lose what it acknowledges", fsync))
	}
	return nil
}

func bounded(d time.Duration) time.Duration {
	if d <= 0 || d > MaxWait {
		return MaxWait
	}
	return d
}

// millis writes a bounded duration the way PostgreSQL's settings want it.
func millis(d time.Duration) string {
	return strconv.FormatInt(bounded(d).Milliseconds(), 10) + "ms"
}
