package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/sqldb"
)

// slack is how far the clock may have been set back between two rows.
const slack = time.Hour

// Within gives groups by when they end, in the order in which they were
// written. That is the order of time but for clocks that were set, so that no
// index is needed, which every read would pay for.
func (s *Store) Within(ctx context.Context, from, to time.Time, after access.Head, limit int) ([]access.Group, error) {
	row, err := s.rowOf(ctx, after.ID)
	if err == nil && row == 0 {
		row, err = s.endBefore(ctx, from.Add(-slack))
	}
	if err != nil {
		return nil, err
	}
	last, err := s.endBefore(ctx, to.Add(slack))
	if err != nil {
		return nil, err
	}
	return query(ctx, s, groupInto, `
		SELECT `+head+`, sealed FROM access_groups WHERE id > ? AND id <= ? AND to_at >= ? AND to_at < ? ORDER BY id LIMIT ?`,
		row, last, from.UnixMicro(), to.UnixMicro(), max(limit, 0))
}

// rowOf is 0 for the zero id.
func (s *Store) rowOf(ctx context.Context, id access.ID) (row int64, err error) {
	err = s.db.Read.QueryRowContext(ctx, `SELECT id FROM access_groups WHERE writer = ? AND seq = ?`, id.Writer[:], id.Seq).Scan(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return row, sqldb.Translate(err)
}

// endBefore finds by halving the last row that ends before an instant.
func (s *Store) endBefore(ctx context.Context, at time.Time) (int64, error) {
	var low, high int64
	err := s.db.Read.QueryRowContext(ctx, `SELECT 0, coalesce(max(id), 0) FROM access_groups`).Scan(&low, &high)
	for err == nil && low < high {
		middle := low + (high-low+1)/2
		var ends int64
		err = s.db.Read.QueryRowContext(ctx, `SELECT to_at FROM access_groups WHERE id <= ? ORDER BY id DESC LIMIT 1`, middle).Scan(&ends)
		if errors.Is(err, sql.ErrNoRows) { // the oldest are destroyed
			err, ends = nil, -1<<63
		}
		if ends < at.UnixMicro() {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low, sqldb.Translate(err)
}
