package reactor

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

const (
	// refreshEvery is how long a revocation takes to the other instances.
	refreshEvery = 5 * time.Second
	// staleAfter is when an instance that cannot read them says so: half of the
	// minute in which a lost role must be lost everywhere.
	staleAfter = 30 * time.Second
)

// Revocations ends the tokens of deleted users on every instance and across
// restarts: what one instance revokes is durable in the event store, and each
// reads what the others revoked.
type Revocations struct {
	store    eventstore.Coordinator
	verifier *authz.Verifier
	log      *slog.Logger
	clock    func() time.Time

	mu       sync.Mutex // guards what follows; never held while the store is asked
	position int64      // what was read up to
	read     time.Time  // when that was
}

// NewRevocations has read nothing yet: call Refresh before tokens are accepted.
// clock is time.Now if nil.
func NewRevocations(store eventstore.Coordinator, v *authz.Verifier, log *slog.Logger, clock func() time.Time) *Revocations {
	if clock == nil {
		clock = time.Now
	}
	return &Revocations{store: store, verifier: v, log: log, clock: clock}
}

// Revoke ends the subject's tokens, here at once and elsewhere after a Refresh.
// After an error that is not promised: revoke again.
func (r *Revocations) Revoke(ctx context.Context, subject string) error {
	made := r.verifier.RevokeSubject(subject)
	err := r.store.Revoke(ctx, eventstore.Revocation{Caller: made.Subject, Issued: made.Issued, Expires: made.Expires})
	if err != nil {
		return fmt.Errorf("reactor: a revocation is not durable: %w", err)
	}
	return nil
}

// Refresh reads what was revoked since it was called last, by any instance.
func (r *Revocations) Refresh(ctx context.Context) error {
	r.mu.Lock()
	after := r.position
	r.mu.Unlock()
	now := r.clock()
	made, err := r.store.Revoked(ctx, after)
	if err != nil {
		return err
	}
	for _, m := range made {
		r.verifier.Revoke(authz.Revocation{Subject: m.Caller, Issued: m.Issued, Expires: m.Expires})
		after = m.Position
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.position, r.read = max(r.position, after), now
	return nil
}

// Run refreshes until ctx ends. A store that cannot be read is logged, and
// shown by Ready; it is asked again.
func (r *Revocations) Run(ctx context.Context) error {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if err := r.Refresh(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("revocations could not be read", "error", err)
		}
	}
}

// Ready is nil while this instance knows the revocations of the last 30 s.
func (r *Revocations) Ready(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clock().Sub(r.read) > staleAfter {
		return fault.ErrUnavailable
	}
	return nil
}
