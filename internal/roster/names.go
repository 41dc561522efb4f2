package roster

import (
	"cmp"
	"strings"

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
	keys  []string // by ordinal
	order *btree.BTreeG[named]
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
	return &collation{tag: tag, order: btree.NewBTreeGOptions(named.before, btree.Options{NoLocks: true})}
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
	if c.keys[o] == key {
		return
	}
	if c.keys[o] != "" {
		c.order.Delete(named{c.keys[o], o})
	}
	c.keys[o] = key
	if key != "" {
		c.order.Set(named{key, o})
	}
}
