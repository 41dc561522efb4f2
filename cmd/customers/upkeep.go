package main

import (
	"context"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
)

const (
	// inboxLife is how long a message id is remembered: twice as long as the
	// broker keeps a message that it could deliver again.
	inboxLife = 14 * 24 * time.Hour
	// orphanAge is how old a key without a customer must be to be left over
	// from a registration that failed, and not one that is under way.
	orphanAge = 24 * time.Hour
)

// upkeep forgets what has run out: idempotency records, message ids, revocations, keys
// that never got a customer, dead letters past their days. Doing it twice, on
// two instances, does no harm.
func (s *service) upkeep(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		s.tidy(ctx, "forget", func() error { _, err := s.store.Forget(ctx, time.Now().Add(-inboxLife)); return err })
		s.tidy(ctx, "orphans", func() error { return s.destroyOrphans(ctx) })
		s.tidy(ctx, "dead letters", func() error { _, err := s.letters.Purge(ctx); return err })
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *service) tidy(ctx context.Context, task string, do func() error) {
	if err := do(); err != nil && ctx.Err() == nil {
		s.log.Warn("upkeep failed", "task", task, "error", err)
	}
}

func (s *service) destroyOrphans(ctx context.Context) error {
	n, err := s.vault.DestroyOrphans(ctx, time.Now().Add(-orphanAge), s.haveStreams)
	if n > 0 {
		s.log.Info("keys without a customer were destroyed", "count", n)
	}
	return err
}

func (s *service) haveStreams(ctx context.Context, subjects []uuid.UUID) (map[uuid.UUID]bool, error) {
	streams := make([]event.Stream, len(subjects))
	has := make(map[uuid.UUID]bool, len(subjects))
	for i, id := range subjects {
		streams[i], has[id] = event.Stream{Type: customer.Stream, ID: id}, false
	}
	found, err := s.store.Load(ctx, streams...)
	for _, l := range found {
		has[l.Stream.ID] = true
	}
	return has, err
}

// policies are the built-in ones, or those of a folder.
func policies(folder string) (*authz.Policy, error) {
	if folder == "" {
		return authz.LoadPolicies(authz.Embedded())
	}
	return authz.LoadPolicies(os.DirFS(folder))
}
