// Package vaulttest is the one suite that every key store runs. Its checks
// return errors instead of failing a test, so that its own test can show that
// each of them notices a store that breaks the promise.
package vaulttest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
)

// Check is one promise of vault.KeyStore, tried on a new and bound store.
type Check struct {
	Name string
	Run  func(ctx context.Context, s vault.KeyStore) error
}

// Run tries every check on a new store that open makes.
func Run(t *testing.T, open func(testing.TB) vault.KeyStore) {
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) {
			if err := Try(t.Context(), c, open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Try binds the store to a keyring and runs one check on it.
func Try(ctx context.Context, c Check, s vault.KeyStore) error {
	if _, err := s.Bind(ctx, uuid.New()); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return c.Run(ctx, s)
}

// Checks lists the promises.
func Checks() []Check {
	return []Check{
		{"a row reads back as it was inserted", readBack},
		{"a row is never replaced", neverReplaced},
		{"a binding is never replaced", bindOnce},
		{"a fenced subject has no key", fenced},
		{"a subject without a row can be fenced", tombstone},
		{"the fenced are listed in order", fencedList},
		{"a scan is ordered, bounded and filtered", scan},
		{"a rewrap compares and sets", rewrap},
		{"no row below the floor is added", floor},
		{"inserts that race agree", racingInserts},
		{"nothing is live after a fence that raced", racingFence},
		{"nothing is added below a floor that raced", racingRaise},
		{"not being able to look is an error", ended},
	}
}

// epochOfRow is the epoch of the rows that these checks insert.
const epochOfRow = 7

func row(subject uuid.UUID) vault.Row {
	return vault.Row{Subject: subject, Epoch: epochOfRow, Wrapped: wrapped(),
		Created: time.Date(2026, 11, 23, 12, 0, 0, 123e6, time.UTC)}
}

func wrapped() []byte {
	b := make([]byte, vault.WrappedSize)
	rand.Read(b)
	return b
}

// rows makes n rows whose subjects are in order.
func rows(n int) []vault.Row {
	out := make([]vault.Row, n)
	for i := range out {
		out[i] = row(uuid.New())
	}
	slices.SortFunc(out, func(a, b vault.Row) int { return bytes.Compare(a.Subject[:], b.Subject[:]) })
	return out
}

func subjects(rows []vault.Row) []uuid.UUID {
	out := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		out[i] = r.Subject
	}
	return out
}

// insert adds rows and expects exactly them to stand.
func insert(ctx context.Context, s vault.KeyStore, rows ...vault.Row) error {
	standing, err := s.Insert(ctx, rows)
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	return same("insert", rows, standing)
}

// stored reads one row that must exist.
func stored(ctx context.Context, s vault.KeyStore, subject uuid.UUID) (vault.Row, error) {
	found, err := s.Get(ctx, []uuid.UUID{subject})
	if err != nil {
		return vault.Row{}, fmt.Errorf("get: %w", err)
	}
	if len(found) != 1 {
		return vault.Row{}, fmt.Errorf("get: %d rows, want 1", len(found))
	}
	return found[0], nil
}

func same(what string, want, got any) error {
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("%s (-want +got):\n%s", what, diff)
	}
	return nil
}
