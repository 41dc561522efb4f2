package authz

import (
	"sync"
	"time"
)

// revocations remembers what was revoked for as long as a token issued before
// could live. Two generations make forgetting cheap: the older is dropped whole
// once everything in it has outlived its use.
type revocations struct {
	mu       sync.RWMutex
	since    time.Time // when the younger generation began
	younger  generation
	older    generation
	lifetime time.Duration
}

type generation struct {
	subjects map[[32]byte]time.Time // by Config.Blind; tokens issued up to then are void
	tokens   map[string]struct{}
}

func newGeneration() generation {
	return generation{subjects: map[[32]byte]time.Time{}, tokens: map[string]struct{}{}}
}

func newRevocations(now time.Time) *revocations {
	// An issuer's clock may be ahead of ours by the leeway.
	return &revocations{since: now, younger: newGeneration(), older: newGeneration(), lifetime: MaxLife + 2*leeway}
}

func (r *revocations) subject(name [32]byte, now, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	if until.After(r.younger.subjects[name]) {
		r.younger.subjects[name] = until
	}
}

func (r *revocations) token(id string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	r.younger.tokens[id] = struct{}{}
}

// turn begins a new generation when the younger one is full in time. What it
// drops is older than a lifetime.
func (r *revocations) turn(now time.Time) {
	if now.Sub(r.since) < r.lifetime {
		return
	}
	r.older, r.younger, r.since = r.younger, newGeneration(), now
}

// hit asks for the subject only when subjects are revoked.
func (r *revocations) hit(subject func() [32]byte, tokenID string, issued time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.younger.hit(subject, tokenID, issued) || r.older.hit(subject, tokenID, issued)
}

func (g generation) hit(subject func() [32]byte, tokenID string, issued time.Time) bool {
	if len(g.subjects) > 0 {
		if until, ok := g.subjects[subject()]; ok && !issued.After(until) {
			return true
		}
	}
	if tokenID == "" {
		return false
	}
	_, ok := g.tokens[tokenID]
	return ok
}
