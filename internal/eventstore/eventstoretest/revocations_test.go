package eventstoretest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/acme/customers/internal/eventstore"
)

var revocationFaults = []fault{
	{"revokes nothing", func(f *faulty) {
		f.revoke = func(context.Context, eventstore.Revocation) error { return nil }
	}, []string{"a revocation is read until it expires", "revocations at the same time are all read",
		"a log that is opened again holds everything", "instances see each other's commits"}},
	{"keeps revocations in the process", func(f *faulty) {
		private := map[[32]byte]eventstore.Revocation{}
		f.revoke = func(_ context.Context, r eventstore.Revocation) error {
			r.Position = int64(len(private) + 1)
			private[r.Caller] = r
			return nil
		}
		f.revoked = func(_ context.Context, after int64) (out []eventstore.Revocation, _ error) {
			for _, r := range private {
				if r.Position > after {
					out = append(out, r)
				}
			}
			return out, nil
		}
	}, []string{"a log that is opened again holds everything", "instances see each other's commits"}},
	{"revokes for ever", func(f *faulty) {
		f.revoke = func(ctx context.Context, r eventstore.Revocation) error {
			r.Expires = r.Expires.Add(1000 * time.Hour)
			return f.Store.Revoke(ctx, r)
		}
	}, []string{"a revocation is read until it expires", "forget drops what is old and nothing else"}},
	{"forgets no revocation", func(f *faulty) {
		f.forget = func(ctx context.Context, before time.Time) (int, error) {
			n, err := f.Store.Forget(ctx, before)
			return min(n, 2), err
		}
	}, []string{"forget drops what is old and nothing else"}},
	{"reads revocations from the start", func(f *faulty) {
		f.revoked = func(ctx context.Context, _ int64) ([]eventstore.Revocation, error) { return f.Store.Revoked(ctx, 0) }
	}, []string{"the later of two revocations is kept", "who reads revocations after the last position misses none"}},
	{"keeps the last revocation", lastRevocation, []string{"the later of two revocations is kept"}},
	{"keeps the first revocation", func(f *faulty) {
		seen := map[[32]byte]bool{}
		f.revoke = func(ctx context.Context, r eventstore.Revocation) error {
			if seen[r.Caller] {
				return nil
			}
			seen[r.Caller] = true
			return f.Store.Revoke(ctx, r)
		}
	}, []string{"the later of two revocations is kept"}},
	{"counts revocations instead of numbering them", func(f *faulty) {
		f.revoked = func(ctx context.Context, after int64) ([]eventstore.Revocation, error) {
			all, err := f.Store.Revoked(ctx, 0)
			for i := range all {
				all[i].Position = int64(i) + 1
			}
			return slices.DeleteFunc(all, func(r eventstore.Revocation) bool { return r.Position <= after }), err
		}
	}, []string{"who reads revocations after the last position misses none"}},
	{"draws positions before it commits", earlyPositions, []string{"revocations at the same time are all read"}},
}

// lastRevocation takes an earlier revocation for a later one.
func lastRevocation(f *faulty) {
	last := map[[32]byte]eventstore.Revocation{}
	f.revoke = func(ctx context.Context, r eventstore.Revocation) error {
		last[r.Caller] = r
		return f.Store.Revoke(ctx, r)
	}
	f.revoked = func(ctx context.Context, after int64) ([]eventstore.Revocation, error) {
		out, err := f.Store.Revoked(ctx, after)
		for i, r := range out {
			out[i].Issued = last[r.Caller].Issued
		}
		return out, err
	}
}

// earlyPositions is what a sequence does without a lock: what commits late has
// a position that the reader has passed.
func earlyPositions(f *faulty) {
	var mu sync.Mutex
	var next int64
	var readable []eventstore.Revocation
	f.revoke = func(_ context.Context, r eventstore.Revocation) error {
		mu.Lock()
		next++
		r.Position = next
		mu.Unlock()
		time.Sleep(time.Duration(r.Position%5) * time.Millisecond) // the commit
		mu.Lock()
		readable = append(readable, r)
		mu.Unlock()
		return nil
	}
	f.revoked = func(_ context.Context, after int64) (out []eventstore.Revocation, _ error) {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range readable {
			if r.Position > after {
				out = append(out, r)
			}
		}
		slices.SortFunc(out, func(a, b eventstore.Revocation) int { return int(a.Position - b.Position) })
		return out, nil
	}
}
