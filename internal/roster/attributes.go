package roster

import (
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/packed"
	"github.com/acme/customers/internal/rule"
)

// attributes are what shops keep of customers beyond the profile: any key, a
// text, a number or yes and no.
type attributes struct {
	keys  map[string]*attribute
	names []string // of keys by number
	spare []uint32 // numbers of keys that nobody has any more
	of    packed.Store
	buf   []byte
}

// attribute is one key.
type attribute struct {
	number  uint32
	any     *roaring.Bitmap            // who has it
	texts   map[string]*roaring.Bitmap // who has which text
	numbers map[uint32]float64
	yes, no *roaring.Bitmap
}

func newAttributes() *attributes { return &attributes{keys: map[string]*attribute{}} }

// set replaces what is known of a customer, and tells which keys have another
// value, or one that was not there.
func (a *attributes) set(o uint32, values map[string]any, changed func(key string)) {
	before := a.of.Get(o)
	if before == "" && len(values) == 0 {
		return
	}
	a.buf = a.buf[:0]
	for _, key := range slices.Sorted(maps.Keys(values)) {
		a.buf = pack(a.buf, a.key(key).number, values[key])
	}
	if string(a.buf) == before {
		return
	}
	for number, v := range unpack(before) {
		key, was := a.names[number], v.get()
		if values[key] != was {
			a.keys[key].remove(o, was)
			changed(key)
		}
	}
	for key, value := range values {
		if was := a.get(o, key); was != value {
			a.keys[key].add(o, value)
			if was == nil {
				changed(key)
			}
		}
	}
	a.of.Set(o, a.buf)
	for number := range unpack(before) {
		a.leave(a.names[number])
	}
}

// key gives a key its number, if it has none.
func (a *attributes) key(name string) *attribute {
	one := a.keys[name]
	if one == nil {
		one = &attribute{number: uint32(len(a.names)), any: roaring.New(), texts: map[string]*roaring.Bitmap{}, numbers: map[uint32]float64{}, yes: roaring.New(), no: roaring.New()}
		if n := len(a.spare); n > 0 {
			one.number, a.spare = a.spare[n-1], a.spare[:n-1]
			a.names[one.number] = name
		} else {
			a.names = append(a.names, name)
		}
		a.keys[name] = one
	}
	return one
}

// leave forgets a key that nobody has any more: people may have written it.
func (a *attributes) leave(name string) {
	if one := a.keys[name]; one != nil && one.any.IsEmpty() {
		delete(a.keys, name)
		a.names[one.number] = ""
		a.spare = append(a.spare, one.number)
	}
}

// get gives a value of a customer, nil for none.
func (a *attributes) get(o uint32, key string) any {
	if one := a.keys[key]; one != nil {
		for number, v := range unpack(a.of.Get(o)) {
			if number == one.number {
				return v.get()
			}
		}
	}
	return nil
}

func (a *attribute) add(o uint32, value any) {
	a.any.Add(o)
	switch v := value.(type) {
	case string:
		if a.texts[v] == nil {
			a.texts[v] = roaring.New()
		}
		a.texts[v].Add(o)
	case float64:
		a.numbers[o] = v
	case bool:
		a.truth(v).Add(o)
	}
}

func (a *attribute) remove(o uint32, value any) {
	a.any.Remove(o)
	switch v := value.(type) {
	case string:
		if a.texts[v].Remove(o); a.texts[v].IsEmpty() { // texts may be many, and each its customer's own
			delete(a.texts, v)
		}
	case float64:
		delete(a.numbers, o)
	case bool:
		a.truth(v).Remove(o)
	}
}

func (a *attribute) truth(is bool) *roaring.Bitmap {
	if is {
		return a.yes
	}
	return a.no
}

// compare gives those whose number under a key fulfils something.
func (a *attributes) compare(key string, op rule.Op, value float64) *roaring.Bitmap {
	out := roaring.New()
	if one := a.keys[key]; one != nil {
		for o, n := range one.numbers {
			if holds(op, n, value) {
				out.Add(o)
			}
		}
	}
	return out
}

func (a *attributes) bytes() int64 {
	n := int64(a.of.Bytes())
	for _, one := range a.keys {
		n += sizeOf(one.any) + int64(len(one.texts))*100 + int64(len(one.numbers))*30
	}
	return n
}
