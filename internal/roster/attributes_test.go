package roster

import (
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever becomes of them, the attributes of each are those that were set, and
// no key is known that nobody has.
func TestAttributesAreThoseThatWereSet(t *testing.T) {
	a, want := newAttributes(), map[uint32]map[string]any{}
	values := []any{"", "gold", "gold\x00", true, false, 0.0, -1.5, math.MaxFloat64, 1.0}
	keys := []string{"level", "", "points", "club", "long ago", "x"}
	for range 3000 {
		o, now := uint32(rand.IntN(30)), map[string]any{}
		told, differs := map[string]bool{}, map[string]bool{}
		for range rand.IntN(4) {
			now[keys[rand.IntN(len(keys))]] = values[rand.IntN(len(values))]
		}
		a.set(o, maps.Clone(now), func(key string) { told[key] = true })
		for _, key := range keys {
			if now[key] != want[o][key] {
				differs[key] = true
			}
		}
		if d := cmp.Diff(differs, told); d != "" {
			t.Fatalf("other values (-as they are +as is told):\n%s", d)
		}
		want[o] = now
		had := map[string]bool{}
		for o, want := range want {
			got := map[string]any{}
			for _, key := range keys {
				if v := a.get(o, key); v != nil {
					got[key], had[key] = v, true
				}
				if one := a.keys[key]; one != nil && one.any.Contains(o) != (want[key] != nil) {
					t.Fatalf("%q of %d: %v", key, o, want[key])
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%d (-set +kept):\n%s", o, d)
			}
		}
		if len(had) != len(a.keys) || len(a.names) > len(keys) {
			t.Fatalf("%d keys of %d, in %d places", len(a.keys), len(had), len(a.names))
		}
	}
	for o := range want {
		a.set(o, nil, func(string) {})
	}
	if len(a.keys) != 0 || a.of.Filled() != 0 || a.get(0, "level") != nil || strings.Join(a.names, "") != "" {
		t.Error("something is left")
	}
}
