package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Dialect names a kind of database.
type Dialect string

// The dialects.
const (
	DialectSQLite   Dialect = "sqlite"
	DialectPostgres Dialect = "postgres"
)

// Migrate brings the schema to the newest version that dir of migrations
// holds (files 00001_name.sql in goose's format; forward only). table keeps
// the versions: one a component, so that several components may share one
// database. Instances that start together take turns under an advisory lock.
//
// On PostgreSQL db comes from stdlib.OpenDBFromPool, so statements are under
// the pool's timeout; a long one begins with SET LOCAL statement_timeout.
func Migrate(ctx context.Context, db *sql.DB, dialect Dialect, migrations fs.FS, dir, table string) error {
	sub, err := fs.Sub(migrations, dir)
	if err != nil {
		return fmt.Errorf("sqldb: migrations: %w", err)
	}
	opts := []goose.ProviderOption{goose.WithTableName(table), goose.WithDisableGlobalRegistry(true)}
	gooseDialect := goose.DialectSQLite3
	if dialect == DialectPostgres {
		gooseDialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID(table)), lock.WithLockTimeout(1, 60))
		if err != nil {
			return fmt.Errorf("sqldb: migrations: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(gooseDialect, db, sub, opts...)
	if err != nil {
		return fmt.Errorf("sqldb: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("sqldb: migrate %s: %w", table, Translate(err))
	}
	return nil
}

// lockID gives each version table its own advisory lock.
func lockID(table string) int64 {
	h := fnv.New64a()
	h.Write([]byte("customers/migrate/" + table))
	return int64(h.Sum64())
}
