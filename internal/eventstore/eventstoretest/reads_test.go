package eventstoretest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var readFaults = []fault{
	{"skips a record of the feed now and then", func(f *faulty) {
		f.feed = func(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
			page, err := f.Store.Feed(ctx, after, limit)
			return slices.DeleteFunc(page, func(r eventstore.Record) bool { return r.Position%97 == 13 }), err
		}
	}, []string{"the feed has every record once, whatever the page", "commits at the same time keep their order",
		"the feed skips nothing while writers pause before they commit"}},
	{"keeps in memory what was handed in, not what was stored", func(f *faulty) {
		f.tail = func(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
			page, err := f.Store.Tail(ctx, after, limit)
			for i := range page {
				page[i].RecordedAt = time.Time{}
			}
			return page, err
		}
	}, []string{"the tail of the feed is the feed"}},
	{"filters after it has cut the page", func(f *faulty) {
		f.feed = func(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
			page, err := f.Store.Feed(ctx, after, limit)
			return slices.DeleteFunc(page, func(r eventstore.Record) bool { return r.Type == "Rare" }), err
		}
	}, []string{"the feed has every record once, whatever the page"}},
	{"delivers a page in another order", func(f *faulty) {
		f.feed = func(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
			page, err := f.Store.Feed(ctx, after, limit)
			slices.Reverse(page)
			return page, err
		}
	}, []string{"the feed skips nothing while writers pause before they commit", "what is written is read back"}},
	{"takes recorded time from the clock alone", func(f *faulty) {
		var at []time.Time
		f.commit = func(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
			out, err := f.Store.Commit(ctx, c)
			if n := len(at); n > 0 {
				out.RecordedAt = at[n-1].Add(-time.Second)
			}
			at = append(at, out.RecordedAt)
			return out, err
		}
	}, []string{"recorded time never decreases"}},
	{"reads a stream from its start", func(f *faulty) {
		f.stream = func(ctx context.Context, s event.Stream, _ int64, limit int) ([]eventstore.Record, error) {
			return f.Store.Stream(ctx, s, 0, limit)
		}
	}, []string{"a stream is read after a version"}},
	{"pages by time alone", func(f *faulty) {
		f.about = func(ctx context.Context, id uuid.UUID, r eventstore.Range) ([]eventstore.Record, error) {
			if r.AfterPosition > 0 && r.Descending {
				r.AfterPosition = 1
			} else if r.AfterPosition > 0 {
				r.AfterPosition = 1 << 60
			}
			return f.Store.About(ctx, id, r)
		}
	}, []string{"about pages by time and position, through ties"}},
	{"counts the end of a range in", func(f *faulty) {
		f.about = func(ctx context.Context, id uuid.UUID, r eventstore.Range) ([]eventstore.Record, error) {
			if !r.To.IsZero() {
				r.To = r.To.Add(time.Microsecond)
			}
			return f.Store.About(ctx, id, r)
		}
	}, []string{"about pages by time and position, through ties"}},
	{"loads what is not there", func(f *faulty) {
		f.load = func(ctx context.Context, s ...event.Stream) ([]eventstore.Loaded, error) {
			out, err := f.Store.Load(ctx, s...)
			return append(out, eventstore.Loaded{}), err
		}
	}, []string{"load gives what exists", "a commit over several streams is all or nothing"}},
	{"scans all types", func(f *faulty) {
		f.scan = func(ctx context.Context, _ string, after uuid.UUID, limit int) ([]eventstore.Loaded, error) {
			a, _ := f.Store.Scan(ctx, "customer", after, limit)
			b, err := f.Store.Scan(ctx, "consent", after, limit)
			return append(a, b...), err
		}
	}, []string{"a scan goes by id"}},
	{"finds holders in any order and number", func(f *faulty) {
		f.find = func(ctx context.Context, c eventstore.ClaimHash, _ int) ([]uuid.UUID, error) {
			ids, err := f.Store.Find(ctx, c, 1000)
			slices.Reverse(ids)
			return ids, err
		}
	}, []string{"a shared claim has many holders"}},
	{"never wakes", func(f *faulty) {
		f.await = func(ctx context.Context, _ int64) error {
			<-ctx.Done()
			return ctx.Err()
		}
	}, []string{"await wakes when the head moves"}},
}

var coordinateFaults = []fault{
	{"does not keep cursors", func(f *faulty) {
		f.cursor = func(context.Context, string) (int64, error) { return 0, nil }
	}, []string{"a cursor is where it was set", "a log that is opened again holds everything"}},
	{"leases to everyone", func(f *faulty) {
		f.lease = func(context.Context, string, string, time.Duration) (bool, error) { return true, nil }
	}, []string{"a lease has one holder until it runs out", "of many who want a lease one gets it",
		"instances see each other's commits"}},
	{"leases for ever", func(f *faulty) {
		f.lease = func(ctx context.Context, name, holder string, _ time.Duration) (bool, error) {
			return f.Store.Lease(ctx, name, holder, 1000*time.Hour)
		}
	}, []string{"a lease has one holder until it runs out"}},
	{"does not renew the lineage", func(f *faulty) { f.renew = f.Store.Lineage }, []string{
		"the lineage stays until it is renewed"}},
	{"forgets everything", func(f *faulty) {
		f.forget = func(ctx context.Context, before time.Time) (int, error) {
			return f.Store.Forget(ctx, before.Add(1000*time.Hour))
		}
	}, []string{"forget drops what is old and nothing else"}},
	{"does not answer", func(f *faulty) {
		f.ping = func(context.Context) error { return context.DeadlineExceeded }
	}, []string{"an open store answers a ping"}},
}
