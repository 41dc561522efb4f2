package postgres

import "context"

// OpenWatched calls back in each transaction before it commits.
func OpenWatched(ctx context.Context, dsn string, o Options, beforeCommit func()) (*Store, error) {
	o.beforeCommit = beforeCommit
	return Open(ctx, dsn, o)
}
