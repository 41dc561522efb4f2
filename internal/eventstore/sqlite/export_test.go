package sqlite

import "context"

// OpenWatched calls back in each transaction before it commits.
func OpenWatched(ctx context.Context, path string, o Options, beforeCommit func()) (*Store, error) {
	o.beforeCommit = beforeCommit
	return Open(ctx, path, o)
}

// OpenUnsafe breaks durability on purpose.
func OpenUnsafe(ctx context.Context, path string) (*Store, error) {
	return Open(ctx, path, Options{unsafe: true})
}
