package sqldb

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// connector checks each new connection before the pool may use it.
type connector struct {
	driver *sqlite.Driver
	dsn    string
	want   []pragma
}

// pragma is a setting and the value that SQLite must report for it.
type pragma struct {
	name string
	want any
}

func newConnector(path string, o SQLiteOptions, readOnly bool) *connector {
	flag := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	return &connector{driver: &sqlite.Driver{}, dsn: dsn(path, o, readOnly), want: []pragma{
		{"journal_mode", "wal"},
		{"synchronous", int64(2)}, // FULL: a commit is on the disk when it returns
		{"secure_delete", flag(o.SecureDelete)},
		{"busy_timeout", o.Busy.Milliseconds()},
		{"query_only", flag(readOnly)},
		{"temp_store", int64(2)}, // memory: sorting must not spill clear pages into /tmp
	}}
}

// Driver is part of driver.Connector.
func (c *connector) Driver() driver.Driver { return c.driver }

// Connect opens a connection and refuses it when a setting did not hold.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	for _, p := range c.want {
		if err := p.check(ctx, conn); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

func (p pragma) check(ctx context.Context, conn driver.Conn) error {
	rows, err := conn.(driver.QueryerContext).QueryContext(ctx, "PRAGMA "+p.name, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	got := make([]driver.Value, 1)
	if err := rows.Next(got); err != nil && err != io.EOF {
		return err
	}
	if got[0] != p.want {
		return fmt.Errorf("sqldb: sqlite reports %s=%v, want %v", p.name, got[0], p.want)
	}
	return nil
}
