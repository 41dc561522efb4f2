package sqlite

import (
	"context"
	"fmt"
)

// OpenWatched calls back in each transaction before it commits.
func OpenWatched(ctx context.Context, path string, o Options, beforeCommit func()) (*Store, error) {
	o.beforeCommit = beforeCommit
	return Open(ctx, path, o)
}

// OpenUnsafe breaks durability on purpose.
func OpenUnsafe(ctx context.Context, path string) (*Store, error) {
	return Open(ctx, path, Options{unsafe: true})
}

// LimitPages makes the disk full at a number of pages; 0 takes it back.
func (s *Store) LimitPages(ctx context.Context, pages int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pages == 0 {
		pages = 1 << 30
	}
	_, err := s.conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
	return err
}

// Seize makes another subject the holder of a claim behind the judge's back.
func (s *Store) Seize(ctx context.Context, kind string, hash []byte) error {
	_, err := s.conn.ExecContext(ctx, `INSERT INTO claim (kind, hash, slot, subject) VALUES (?, ?, x'', randomblob(16))`, kind, hash)
	return err
}

// AfterJudge calls back once the judge has decided, inside the transaction.
func (s *Store) AfterJudge(f func() error) { s.opt.afterJudge = f }
