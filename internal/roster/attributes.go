package roster

import (
	"maps"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/rule"
)

// attributes are what shops keep of customers beyond the profile: any key, a
// text, a number or yes and no.
type attributes struct {
	keys map[string]*attribute
	of   map[uint32]map[string]any // the state's own map, never changed
}

// attribute is one key.
type attribute struct {
	any     *roaring.Bitmap            // who has it
	texts   map[string]*roaring.Bitmap // who has which text
	numbers map[uint32]float64
	yes, no *roaring.Bitmap
}

func newAttributes() *attributes {
	return &attributes{map[string]*attribute{}, map[uint32]map[string]any{}}
}

func (a *attributes) set(o uint32, values map[string]any) {
	before := a.of[o]
	if maps.Equal(before, values) {
		return
	}
	for key, value := range before {
		if values[key] != value {
			a.keys[key].remove(o, value)
		}
	}
	for key, value := range values {
		if before[key] == value {
			continue
		}
		if a.keys[key] == nil {
			a.keys[key] = &attribute{any: roaring.New(), texts: map[string]*roaring.Bitmap{}, numbers: map[uint32]float64{}, yes: roaring.New(), no: roaring.New()}
		}
		a.keys[key].add(o, value)
	}
	if len(values) == 0 {
		delete(a.of, o)
	} else {
		a.of[o] = values
	}
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

func (a *attribute) truth(yes bool) *roaring.Bitmap {
	if yes {
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
