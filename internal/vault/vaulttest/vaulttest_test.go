package vaulttest_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/memory"
	"github.com/acme/customers/internal/vault/vaulttest"
)

// faulty is a store that breaks what its hooks break.
type faulty struct {
	vault.KeyStore
	insert func(context.Context, []vault.Row) ([]vault.Row, error)
	get    func(context.Context, []uuid.UUID) ([]vault.Row, error)
	scan   func(context.Context, vault.Query) ([]vault.Row, error)
	rewrap func(context.Context, []vault.Rewrap) error
	raise  func(context.Context, uint32) error
	fence  func(context.Context, []uuid.UUID) error
	fenced func(context.Context, uuid.UUID, int) ([]uuid.UUID, error)
	bind   func(context.Context, uuid.UUID) (vault.Binding, error)
}

func (f *faulty) Insert(ctx context.Context, r []vault.Row) ([]vault.Row, error) {
	return f.insert(ctx, r)
}
func (f *faulty) Get(ctx context.Context, s []uuid.UUID) ([]vault.Row, error)  { return f.get(ctx, s) }
func (f *faulty) Scan(ctx context.Context, q vault.Query) ([]vault.Row, error) { return f.scan(ctx, q) }
func (f *faulty) Rewrap(ctx context.Context, r []vault.Rewrap) error           { return f.rewrap(ctx, r) }
func (f *faulty) Raise(ctx context.Context, floor uint32) error                { return f.raise(ctx, floor) }
func (f *faulty) Fence(ctx context.Context, s []uuid.UUID) error               { return f.fence(ctx, s) }
func (f *faulty) Bind(ctx context.Context, r uuid.UUID) (vault.Binding, error) { return f.bind(ctx, r) }
func (f *faulty) Fenced(ctx context.Context, a uuid.UUID, n int) ([]uuid.UUID, error) {
	return f.fenced(ctx, a, n)
}

func wrap(s vault.KeyStore) *faulty {
	return &faulty{KeyStore: s, insert: s.Insert, get: s.Get, scan: s.Scan, rewrap: s.Rewrap,
		raise: s.Raise, fence: s.Fence, fenced: s.Fenced, bind: s.Bind}
}

// resurrect puts rows in place of whatever stands for their subjects.
func resurrect(good **memory.Store, rows []vault.Row) []vault.Row {
	ctx := context.Background()
	fresh := memory.New()
	all, _ := (*good).Scan(ctx, vault.Query{Limit: 1 << 20})
	for _, r := range all {
		if !slices.ContainsFunc(rows, func(n vault.Row) bool { return n.Subject == r.Subject }) {
			fresh.Insert(ctx, []vault.Row{r})
		}
	}
	standing, _ := fresh.Insert(ctx, rows)
	*good = fresh
	return standing
}

// Each broken store must be noticed by the check that names its promise.
func TestTheSuiteNoticesABrokenStore(t *testing.T) {
	for _, c := range []struct {
		check  string
		breaks func(f *faulty, good *memory.Store)
	}{
		{"a row reads back as it was inserted", func(f *faulty, good *memory.Store) {
			f.get = func(ctx context.Context, s []uuid.UUID) ([]vault.Row, error) {
				rows, err := good.Get(ctx, s)
				for i := range rows {
					rows[i].Epoch++
				}
				return rows, err
			}
		}},
		{"a row is never replaced", func(f *faulty, good *memory.Store) {
			f.insert = func(_ context.Context, rows []vault.Row) ([]vault.Row, error) { return resurrect(&good, rows), nil }
			f.get = func(ctx context.Context, s []uuid.UUID) ([]vault.Row, error) { return good.Get(ctx, s) }
		}},
		{"a fenced subject has no key", func(f *faulty, good *memory.Store) { // un-fences on insert
			f.insert = func(_ context.Context, rows []vault.Row) ([]vault.Row, error) { return resurrect(&good, rows), nil }
			f.get = func(ctx context.Context, s []uuid.UUID) ([]vault.Row, error) { return good.Get(ctx, s) }
		}},
		{"a fenced subject has no key", func(f *faulty, good *memory.Store) { // hides the fence and keeps the key
			f.fence = func(context.Context, []uuid.UUID) error { return nil }
		}},
		{"a subject without a row can be fenced", func(f *faulty, good *memory.Store) {
			f.fence = func(ctx context.Context, subjects []uuid.UUID) error {
				rows, err := good.Get(ctx, subjects)
				for _, r := range rows {
					good.Fence(ctx, []uuid.UUID{r.Subject})
				}
				return err
			}
		}},
		{"the fenced are listed in order", func(f *faulty, good *memory.Store) {
			f.fenced = func(ctx context.Context, _ uuid.UUID, n int) ([]uuid.UUID, error) {
				return good.Fenced(ctx, uuid.Nil, n)
			}
		}},
		{"a binding is never replaced", func(f *faulty, good *memory.Store) {
			f.bind = func(_ context.Context, r uuid.UUID) (vault.Binding, error) { return vault.Binding{Ring: r}, nil }
		}},
		{"a scan is ordered, bounded and filtered", func(f *faulty, good *memory.Store) {
			f.scan = func(ctx context.Context, q vault.Query) ([]vault.Row, error) {
				rows, err := good.Scan(ctx, q)
				slices.Reverse(rows)
				return rows, err
			}
		}},
		{"a scan is ordered, bounded and filtered", func(f *faulty, good *memory.Store) {
			f.scan = func(ctx context.Context, q vault.Query) ([]vault.Row, error) {
				q.Below = 0
				return good.Scan(ctx, q)
			}
		}},
		{"a rewrap compares and sets", func(f *faulty, good *memory.Store) {
			f.rewrap = func(ctx context.Context, rows []vault.Rewrap) error {
				for _, r := range rows { // sets without comparing
					for r.From = range uint32(20) {
						good.Rewrap(ctx, []vault.Rewrap{r})
					}
				}
				return nil
			}
		}},
		{"no row below the floor is added", func(f *faulty, good *memory.Store) {
			f.raise = func(context.Context, uint32) error { return nil }
		}},
		{"inserts that race agree", func(f *faulty, good *memory.Store) {
			f.insert = func(ctx context.Context, rows []vault.Row) ([]vault.Row, error) {
				_, err := good.Insert(ctx, rows)
				return rows, err // claims to have won
			}
		}},
		{"nothing is live after a fence that raced", func(f *faulty, good *memory.Store) {
			var mu sync.Mutex
			f.insert = func(_ context.Context, rows []vault.Row) ([]vault.Row, error) {
				mu.Lock()
				defer mu.Unlock()
				return resurrect(&good, rows), nil
			}
		}},
		{"nothing is added below a floor that raced", func(f *faulty, good *memory.Store) {
			f.scan = func(ctx context.Context, q vault.Query) ([]vault.Row, error) {
				good.Insert(ctx, []vault.Row{{Subject: uuid.New(), Epoch: 99, Wrapped: bytes.Repeat([]byte{1}, vault.WrappedSize)}})
				q.Below = 0
				return good.Scan(ctx, q)
			}
		}},
		{"not being able to look is an error", func(f *faulty, good *memory.Store) {
			f.get = func(ctx context.Context, s []uuid.UUID) ([]vault.Row, error) {
				if ctx.Err() != nil {
					return nil, nil
				}
				return good.Get(ctx, s)
			}
		}},
	} {
		t.Run(c.check, func(t *testing.T) {
			i := slices.IndexFunc(vaulttest.Checks(), func(k vaulttest.Check) bool { return k.Name == c.check })
			if i < 0 {
				t.Fatal("there is no such check")
			}
			good := memory.New()
			f := wrap(good)
			c.breaks(f, good)
			if err := vaulttest.Try(t.Context(), vaulttest.Checks()[i], f); err == nil {
				t.Error("the check passes a broken store")
			}
		})
	}
}

// Every check has a broken store above; a new one without is noticed here.
func TestMemoryPassesTheSuite(t *testing.T) {
	vaulttest.Run(t, func(testing.TB) vault.KeyStore { return memory.New() })
}
