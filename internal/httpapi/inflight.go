package httpapi

import (
	"sync"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
)

// inFlight holds the idempotency keys whose requests are being handled by this
// process. A second request with such a key is told to wait, for its answer
// does not exist yet. Between processes the store decides.
type inFlight struct {
	room int
	mu   sync.Mutex
	keys map[flightKey]struct{}
}

// flightKey binds a key to its caller: nobody learns of another's keys.
type flightKey struct {
	role         authz.Role
	subject, key string
}

func newInFlight(room int) *inFlight {
	return &inFlight{room: room, keys: map[flightKey]struct{}{}}
}

// enter claims the key until leave is called; leave may be called once.
func (f *inFlight) enter(p authz.Principal, key string) (leave func(), err error) {
	k := flightKey{p.Role, p.Subject, key}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, busy := f.keys[k]; busy {
		return nil, fault.ErrInFlight
	}
	if len(f.keys) >= f.room {
		return nil, fault.ErrUnavailable.After(time.Second)
	}
	f.keys[k] = struct{}{}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.keys, k)
	}, nil
}
