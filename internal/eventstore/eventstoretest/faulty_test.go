package eventstoretest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// faulty breaks single methods of a sound store.
type faulty struct {
	eventstore.Store
	commit     func(context.Context, eventstore.Commit) (eventstore.Committed, error)
	resnapshot func(context.Context, eventstore.Snapshot) (bool, error)
	fence      func(context.Context, uuid.UUID) error
	await      func(context.Context, int64) error
	feed       func(context.Context, int64, int) ([]eventstore.Record, error)
	tail       func(context.Context, int64, int) ([]eventstore.Record, error)
	stream     func(context.Context, event.Stream, int64, int) ([]eventstore.Record, error)
	about      func(context.Context, uuid.UUID, eventstore.Range) ([]eventstore.Record, error)
	load       func(context.Context, ...event.Stream) ([]eventstore.Loaded, error)
	scan       func(context.Context, string, uuid.UUID, int) ([]eventstore.Loaded, error)
	find       func(context.Context, eventstore.ClaimHash, int) ([]uuid.UUID, error)
	cursor     func(context.Context, string) (int64, error)
	lease      func(context.Context, string, string, time.Duration) (bool, error)
	renew      func(context.Context) (uuid.UUID, error)
	forget     func(context.Context, time.Time) (int, error)
	revoke     func(context.Context, eventstore.Revocation) error
	revoked    func(context.Context, int64) ([]eventstore.Revocation, error)
	ping       func(context.Context) error
}

// breaking starts from a sound store and lets one fault in.
func breaking(s eventstore.Store, let func(*faulty)) *faulty {
	f := &faulty{Store: s,
		commit: s.Commit, resnapshot: s.Resnapshot, fence: s.Fence, await: s.Await, feed: s.Feed, tail: s.Tail, stream: s.Stream,
		about: s.About, load: s.Load, scan: s.Scan, find: s.Find, cursor: s.Cursor, lease: s.Lease,
		renew: s.RenewLineage, forget: s.Forget, revoke: s.Revoke, revoked: s.Revoked, ping: s.Ping}
	let(f)
	return f
}

func (f *faulty) Commit(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
	return f.commit(ctx, c)
}
func (f *faulty) Resnapshot(ctx context.Context, s eventstore.Snapshot) (bool, error) {
	return f.resnapshot(ctx, s)
}
func (f *faulty) Fence(ctx context.Context, id uuid.UUID) error { return f.fence(ctx, id) }
func (f *faulty) Await(ctx context.Context, after int64) error {
	return f.await(ctx, after)
}
func (f *faulty) Feed(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
	return f.feed(ctx, after, limit)
}
func (f *faulty) Tail(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
	return f.tail(ctx, after, limit)
}
func (f *faulty) Stream(ctx context.Context, s event.Stream, after int64, limit int) ([]eventstore.Record, error) {
	return f.stream(ctx, s, after, limit)
}
func (f *faulty) About(ctx context.Context, id uuid.UUID, r eventstore.Range) ([]eventstore.Record, error) {
	return f.about(ctx, id, r)
}
func (f *faulty) Load(ctx context.Context, s ...event.Stream) ([]eventstore.Loaded, error) {
	return f.load(ctx, s...)
}
func (f *faulty) Scan(ctx context.Context, typ string, after uuid.UUID, limit int) ([]eventstore.Loaded, error) {
	return f.scan(ctx, typ, after, limit)
}
func (f *faulty) Find(ctx context.Context, c eventstore.ClaimHash, limit int) ([]uuid.UUID, error) {
	return f.find(ctx, c, limit)
}
func (f *faulty) Cursor(ctx context.Context, name string) (int64, error) {
	return f.cursor(ctx, name)
}
func (f *faulty) Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	return f.lease(ctx, name, holder, ttl)
}
func (f *faulty) RenewLineage(ctx context.Context) (uuid.UUID, error) {
	return f.renew(ctx)
}
func (f *faulty) Forget(ctx context.Context, before time.Time) (int, error) {
	return f.forget(ctx, before)
}
func (f *faulty) Revoke(ctx context.Context, r eventstore.Revocation) error {
	return f.revoke(ctx, r)
}
func (f *faulty) Revoked(ctx context.Context, after int64) ([]eventstore.Revocation, error) {
	return f.revoked(ctx, after)
}
func (f *faulty) Ping(ctx context.Context) error { return f.ping(ctx) }
