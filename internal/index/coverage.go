package index

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
)

// Coverage knows, by purpose, the customers of whom a status is on record: who
// was asked, at least.
type Coverage struct {
	mu       sync.Mutex
	recorded map[string]*roaring.Bitmap // ordinals
	waiting  map[heard]struct{}         // whose ordinal was not known when it was heard of them
}

type heard struct {
	id      uuid.UUID
	purpose string
}

func newCoverage() *Coverage {
	return &Coverage{recorded: map[string]*roaring.Bitmap{}, waiting: map[heard]struct{}{}}
}

func (c *Coverage) add(purpose string, ordinal uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(purpose, ordinal)
}

func (c *Coverage) set(purpose string, ordinal uint32) {
	if c.recorded[purpose] == nil {
		c.recorded[purpose] = roaring.New()
	}
	c.recorded[purpose].Add(ordinal)
}

// heard is told of an act. While the facts are being loaded, the ordinal may
// not be known yet.
func (c *Coverage) heard(id uuid.UUID, purpose string, facts *Facts) {
	known, _ := facts.Ordinals([]uuid.UUID{id})
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(known) == 1 {
		c.set(purpose, known[0])
	} else {
		c.waiting[heard{id, purpose}] = struct{}{}
	}
}

// count tells how many of the customers that the facts have are covered.
func (c *Coverage) count(purpose string, facts *Facts, loaded bool) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for h := range c.waiting {
		if known, _ := facts.Ordinals([]uuid.UUID{h.id}); len(known) == 1 {
			c.set(h.purpose, known[0])
			delete(c.waiting, h)
		} else if loaded { // erased before it was known
			delete(c.waiting, h)
		}
	}
	if c.recorded[purpose] == nil {
		return 0
	}
	return facts.Count(c.recorded[purpose])
}
