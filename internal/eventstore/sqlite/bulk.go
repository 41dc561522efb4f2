package sqlite

import (
	"context"
	"database/sql"
	"strings"
)

// sizes are how many rows one execution of a bulk statement takes. A group is
// cut into as few executions as these allow.
var sizes = [...]int{64, 16, 4, 1}

// bulk is one statement over many rows, prepared for each size.
type bulk struct {
	stmts   [len(sizes)]*sql.Stmt
	columns int
}

// preparer is a connection or a pool.
type preparer interface {
	PrepareContext(context.Context, string) (*sql.Stmt, error)
}

// prepareBulk makes a statement of before, the rows of a VALUES list, and after.
func prepareBulk(ctx context.Context, p preparer, columns int, before, after string) (b bulk, err error) {
	b.columns = columns
	row := "(?" + strings.Repeat(",?", columns-1) + ")"
	for i, n := range sizes {
		text := before + row + strings.Repeat(","+row, n-1) + after
		if b.stmts[i], err = p.PrepareContext(ctx, text); err != nil {
			return b, err
		}
	}
	return b, nil
}

// each cuts args, which hold whole rows, into executions.
func (b *bulk) each(args []any, run func(*sql.Stmt, []any) error) error {
	for i, n := range sizes {
		for width := n * b.columns; len(args) >= width; args = args[width:] {
			if err := run(b.stmts[i], args[:width]); err != nil {
				return err
			}
		}
	}
	return nil
}

// exec writes all rows and tells how many were changed.
func (b *bulk) exec(ctx context.Context, args []any) (changed int64, err error) {
	err = b.each(args, func(st *sql.Stmt, args []any) error {
		res, err := st.ExecContext(ctx, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		changed += n
		return err
	})
	return changed, err
}

// query reads for all rows.
func (b *bulk) query(ctx context.Context, args []any, scan func(*sql.Rows) error) error {
	return b.each(args, func(st *sql.Stmt, args []any) error {
		return collect(func() (*sql.Rows, error) { return st.QueryContext(ctx, args...) }, scan)
	})
}

// collect runs scan on each row of a query.
func collect(query func() (*sql.Rows, error), scan func(*sql.Rows) error) error {
	rows, err := query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
