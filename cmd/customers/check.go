package main

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
)

// logName is the service key whose existence ties a keyring to one log.
const logName = "log/"

// checkStores refuses stores that do not belong together, before anything is
// served: under the wrong key store every customer would be missing, and under
// the wrong log every key would look left over.
func (s *service) checkStores(ctx context.Context) error {
	lineage, err := s.store.Lineage(ctx)
	if err != nil {
		return err
	}
	names, err := s.vault.Services()
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, logName) && name != logName+lineage.String() {
			return coded{exitUsage, errors.New("the keys belong to another event store; check --store, --keys and --keyring")}
		}
	}
	head, err := s.store.Head(ctx)
	if err != nil {
		return err
	}
	if some, err := s.anyKey(ctx); err != nil || head > 0 && !some {
		if err == nil {
			err = coded{exitUsage, errors.New("the event store has customers and the key store has no key; check --store and --keys")}
		}
		return err
	}
	_, err = s.vault.Service(ctx, logName+lineage.String())
	return err
}

// anyKey tells whether the key store ever had a subject.
func (s *service) anyKey(ctx context.Context) (bool, error) {
	live, err := s.vault.Scan(ctx, uuid.Nil, 1)
	if err != nil || len(live) > 0 {
		return len(live) > 0, err
	}
	for _, err := range s.vault.Fenced(ctx) {
		return err == nil, err
	}
	return false, nil
}

// raiseFences makes both stores agree on who is erased, before anything is
// served: whichever of them was restored from a backup learns it again.
func (s *service) raiseFences(ctx context.Context) error {
	fenced := map[uuid.UUID]bool{}
	for id, err := range s.vault.Fenced(ctx) {
		if err != nil {
			return err
		}
		fenced[id] = true
	}
	known, err := s.store.FencedSubjects(ctx)
	if err != nil {
		return err
	}
	for _, id := range known {
		if !fenced[id] {
			if err := s.vault.Fence(ctx, id); err != nil {
				return err
			}
		}
		delete(fenced, id)
	}
	for id := range fenced {
		if err := s.store.Fence(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
