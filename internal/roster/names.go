package roster

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/btree"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/packed"
)

// collation orders customers by name as a language does: by family name, then
// by given name. Who has no name comes last.
type collation struct {
	tag   language.Tag
	keys  []string             // by ordinal
	order *btree.BTreeG[named] // nil: put off
}

// named is where somebody stands in the order of names.
type named struct {
	key     string
	ordinal uint32
}

func (a named) compare(b named) int {
	return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.ordinal, b.ordinal))
}

func (a named) before(b named) bool { return a.compare(b) < 0 }

// nameless is above every key.
const nameless = "\xff"

func newCollation(tag language.Tag) *collation {
	return &collation{tag: tag, order: newNames()}
}

func newNames() *btree.BTreeG[named] {
	return btree.NewBTreeGOptions(named.before, btree.Options{NoLocks: true})
}

// Loading puts off the orders of names: to sort a million once is four times as
// quick as to put each in its place. Until Loaded, nobody may ask for an order.
func (r *Roster) Loading() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.keyed {
		c.order = nil
	}
}

// Loaded makes the orders that were put off: aside, since it takes a second of a
// million names, and whoever follows the log would keep all readers waiting.
func (r *Roster) Loaded() {
	for _, c := range r.keyed {
		keys := c.copied(&r.mu)
		c.take(&r.mu, orderOf(keys), keys)
	}
}

func (c *collation) copied(lock *sync.RWMutex) []string {
	lock.RLock()
	defer lock.RUnlock()
	return slices.Clone(c.keys)
}

// orderOf makes the order of keys.
func orderOf(keys []string) *btree.BTreeG[named] {
	all := make([]named, 0, len(keys))
	for o, key := range keys {
		if key != "" {
			all = append(all, named{key, uint32(o)})
		}
	}
	slices.SortFunc(all, named.compare)
	order := newNames()
	for _, n := range all {
		order.Load(n)
	}
	return order
}

// take makes an order of keys as they were that of the collation: whoever was
// named since is moved in it.
func (c *collation) take(lock *sync.RWMutex, order *btree.BTreeG[named], keys []string) {
	lock.Lock()
	defer lock.Unlock()
	c.order = order
	for o, key := range c.keys {
		before := ""
		if o < len(keys) {
			before = keys[o]
		}
		c.move(uint32(o), before, key)
	}
}

// keyer makes keys. It is not for concurrent use: the collator keeps buffers.
type keyer struct {
	collator *collate.Collator
	buffer   collate.Buffer
}

func newKeyer(tag language.Tag) *keyer { return &keyer{collator: collate.New(tag)} }

// key is what a name is ordered by.
func (k *keyer) key(n *customer.Name) string { return k.of(sortText(n)) }

func (k *keyer) of(text string) string {
	if text == "" {
		return nameless
	}
	k.buffer.Reset()
	return string(k.collator.KeyFromString(&k.buffer, text))
}

func (c *collation) set(o uint32, key string) {
	c.keys = packed.Grown(c.keys, int(o)+1)
	before := c.keys[o]
	if c.keys[o] = key; c.order != nil {
		c.move(o, before, key)
	}
}

// move puts somebody in another place; "" is none.
func (c *collation) move(o uint32, before, key string) {
	if before == key {
		return
	}
	if before != "" {
		c.order.Delete(named{before, o})
	}
	if key != "" {
		c.order.Set(named{key, o})
	}
}
