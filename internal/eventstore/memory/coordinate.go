package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

type lease struct {
	holder  string
	expires time.Time
}

// Lineage identifies the log.
func (s *Store) Lineage(context.Context) (uuid.UUID, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lineage, nil
}

// RenewLineage gives the log another identity.
func (s *Store) RenewLineage(context.Context) (uuid.UUID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lineage = uuid.New()
	return s.lineage, nil
}

// Cursor is a named position.
func (s *Store) Cursor(_ context.Context, name string) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.cursors[name], nil
}

// SetCursor moves it, forth or back.
func (s *Store) SetCursor(_ context.Context, name string, position int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursors[name] = position
	return nil
}

// Lease takes or extends.
func (s *Store) Lease(_ context.Context, name, holder string, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if l, ok := s.leases[name]; ok && l.holder != holder && l.expires.After(now) {
		return false, nil
	}
	s.leases[name] = lease{holder: holder, expires: now.Add(ttl)}
	return true, nil
}

// Release gives a lease back, if holder has it.
func (s *Store) Release(_ context.Context, name, holder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leases[name].holder == holder {
		delete(s.leases, name)
	}
	return nil
}

// Revoke keeps the later of two.
func (s *Store) Revoke(_ context.Context, r eventstore.Revocation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := s.revoked[r.Caller]; ok && !r.Issued.After(before.Issued) {
		return nil
	}
	s.revision++
	r.Position = s.revision
	s.revoked[r.Caller] = r
	return nil
}

// Revoked reads what still matters.
func (s *Store) Revoked(_ context.Context, after int64) ([]eventstore.Revocation, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []eventstore.Revocation
	for _, r := range s.revoked {
		if r.Position > after && r.Expires.After(s.now()) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b eventstore.Revocation) int { return cmp.Compare(a.Position, b.Position) })
	return out, nil
}

// Forget drops what is older than a time.
func (s *Store) Forget(_ context.Context, before time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for key, r := range s.requests {
		if r.Expires.Before(before) {
			delete(s.requests, key)
			n++
		}
	}
	for id, at := range s.inbox {
		if at.Before(before) {
			delete(s.inbox, id)
			n++
		}
	}
	for caller, r := range s.revoked {
		if r.Expires.Before(before) {
			delete(s.revoked, caller)
			n++
		}
	}
	return n, nil
}
