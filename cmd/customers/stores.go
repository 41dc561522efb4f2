package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/internal/access"
	accesspg "github.com/acme/customers/internal/access/postgres"
	accesssqlite "github.com/acme/customers/internal/access/sqlite"
	"github.com/acme/customers/internal/bus"
	deadpg "github.com/acme/customers/internal/bus/postgres"
	deadsqlite "github.com/acme/customers/internal/bus/sqlite"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/eventstore/sqlite"
	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keypg "github.com/acme/customers/internal/vault/postgres"
	keysqlite "github.com/acme/customers/internal/vault/sqlite"
)

// The one DSN picks the driver of every store that belongs to it.

// openStore traces its queries when a tracer is given: SQL with placeholders,
// never arguments.
func openStore(ctx context.Context, d dsn, tracer pgx.QueryTracer) (eventstore.Store, error) {
	if d.postgres() {
		return postgres.Open(ctx, string(d), postgres.Options{Tracer: tracer})
	}
	return sqlite.Open(ctx, d.path(), sqlite.Options{})
}

func openKeys(ctx context.Context, d dsn) (vault.KeyStore, error) {
	if d.postgres() {
		return keypg.Open(ctx, string(d), sqldb.PostgresOptions{})
	}
	return keysqlite.Open(ctx, d.path())
}

// openAccess keeps the access log beside the events: in the same PostgreSQL
// database, or in a file of its own, because its fsync must not wait for theirs.
func openAccess(ctx context.Context, d dsn) (access.Store, error) {
	if d.postgres() {
		return accesspg.Open(ctx, string(d))
	}
	return accesssqlite.Open(ctx, filepath.Join(filepath.Dir(d.path()), "access.db"))
}

func openDeadLetters(ctx context.Context, d dsn) (bus.DeadLetters, error) {
	if d.postgres() {
		return deadpg.Open(ctx, string(d))
	}
	return deadsqlite.Open(ctx, filepath.Join(filepath.Dir(d.path()), "dead.db"))
}

// openVault opens the keys: row store, keyring and root key.
func openVault(ctx context.Context, c *config) (*vault.Vault, error) {
	if err := c.checkRoot(); err != nil {
		return nil, err
	}
	root, err := kms.Open(ctx, c.KMS)
	if err != nil {
		return nil, err
	}
	rows, err := openKeys(ctx, c.Keys)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	v, err := vault.Open(ctx, vault.Config{Store: rows, Keyring: c.Keyring, Root: root})
	if err != nil {
		_ = rows.Close()
	}
	return v, err
}

// checkRoot refuses to make a new root key beside a keyring: it opens nothing
// there, and would be taken for the one that does.
func (c *config) checkRoot() error {
	path, isFile := strings.CutPrefix(c.KMS, "file:")
	if !isFile {
		return nil
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if made, err := os.ReadDir(c.Keyring); err == nil && len(made) > 0 {
		return coded{exitUsage, fmt.Errorf("there is no root key at %s, and the keyring %s needs the one that made it; check --kms and --keyring", path, c.Keyring)}
	}
	return nil
}

// folders makes the data folder; nobody else may look in.
func folders(c *config) error {
	for _, d := range []dsn{c.Store, c.Keys} {
		if d.sqlite() {
			if err := os.MkdirAll(filepath.Dir(d.path()), 0o700); err != nil {
				return err
			}
		}
	}
	if err := os.MkdirAll(issuerFolder(c.Data), 0o700); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(c.Data))
}

// syncFolder makes the names in a folder durable: a file that is synced is
// lost all the same when its folder's name is.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
