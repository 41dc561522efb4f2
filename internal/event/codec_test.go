package event

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type inner struct {
	Given string `json:"given,omitempty" class:"personal"`
	Known bool   `json:"known,omitempty" class:"public"`
}

type sample struct {
	Kind  string         `json:"kind"            class:"public"`
	Name  inner          `json:"name,omitzero"   class:"within"`
	Born  *string        `json:"born,omitempty"  class:"sensitive"`
	Attrs map[string]any `json:"attrs,omitempty" class:"personal"`
	At    time.Time      `json:"at,omitzero"     class:"public"`
}

func codec[T any](t testing.TB) *Codec {
	t.Helper()
	c, err := NewCodec(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryFieldNeedsAClassAndAName(t *testing.T) {
	type noClass struct {
		A string `json:"a"`
	}
	type noName struct {
		A string `class:"public"`
	}
	type badClass struct {
		A string `json:"a" class:"secret"`
	}
	type hidden struct {
		a string `class:"public"`
	}
	type nested struct {
		N noClass `json:"n" class:"within"`
	}
	_ = hidden{}.a
	for _, typ := range []reflect.Type{reflect.TypeFor[noClass](), reflect.TypeFor[noName](), reflect.TypeFor[badClass](),
		reflect.TypeFor[hidden](), reflect.TypeFor[nested](), reflect.TypeFor[string]()} {
		if _, err := NewCodec(typ); err == nil {
			t.Errorf("%s was accepted", typ)
		}
	}
}

func TestPartsHoldTheirClassAlone(t *testing.T) {
	c := codec[sample](t)
	born := "MARKBORN"
	parts, err := c.Split(&sample{Kind: "MARKKIND", Name: inner{Given: "MARKGIVEN", Known: true}, Born: &born, Attrs: map[string]any{"MARKKEY": "MARKVALUE"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[Class][]string{Public: {"MARKKIND"}, Personal: {"MARKGIVEN", "MARKKEY", "MARKVALUE"}, Sensitive: {"MARKBORN"}}
	for class, marks := range want {
		for other := range Class(classes) {
			for _, mark := range marks {
				if got := strings.Contains(string(parts[other]), mark); got != (other == class) {
					t.Errorf("%s in the %s part: %v", mark, other, got)
				}
			}
		}
	}
	if diff := cmp.Diff([]string{"kind", "name", "born", "attrs"}, c.Changed(&sample{Kind: "x", Name: inner{Given: "y"}, Born: &born, Attrs: map[string]any{"k": 1}})); diff != "" {
		t.Error(diff)
	}
}

func TestRoundTrip(t *testing.T) {
	c := codec[sample](t)
	rapid.Check(t, func(t *rapid.T) {
		in := sample{Kind: rapid.String().Draw(t, "kind"), Name: inner{Given: rapid.String().Draw(t, "given"), Known: rapid.Bool().Draw(t, "known")}}
		if rapid.Bool().Draw(t, "born") {
			s := rapid.String().Draw(t, "date")
			in.Born = &s
		}
		if rapid.Bool().Draw(t, "attrs") {
			in.Attrs = map[string]any{"s": rapid.String().Draw(t, "s"), "n": rapid.Float64().Draw(t, "n"), "b": rapid.Bool().Draw(t, "b")}
		}
		if rapid.Bool().Draw(t, "at") {
			in.At = time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "micros")).UTC()
		}
		parts, err := c.Split(in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.Split(&in)
		if err != nil || !cmp.Equal(parts, again) {
			t.Fatalf("the encoding is not deterministic: %v", err)
		}
		var out sample
		if err := c.Join(parts, &out); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, out); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestFingerprintFollowsTheSchema(t *testing.T) {
	type a struct {
		X string `json:"x" class:"public"`
	}
	type renamed struct {
		X string `json:"y" class:"public"`
	}
	type reclassed struct {
		X string `json:"x" class:"personal"`
	}
	type retyped struct {
		X int `json:"x" class:"public"`
	}
	seen := map[uint64]bool{}
	for _, f := range []uint64{codec[a](t).Fingerprint(), codec[renamed](t).Fingerprint(), codec[reclassed](t).Fingerprint(), codec[retyped](t).Fingerprint()} {
		if seen[f] {
			t.Error("two schemas share a fingerprint")
		}
		seen[f] = true
	}
}

func TestDiffNamesLeavesAndMapKeys(t *testing.T) {
	c := codec[sample](t)
	born := "1990-01-01"
	got := c.Diff(&sample{Name: inner{Given: "A"}, Attrs: map[string]any{"gone": 1.0, "same": true}},
		&sample{Name: inner{Given: "B", Known: true}, Born: &born, Attrs: map[string]any{"same": true, "new": "x"}})
	var paths []string
	for _, ch := range got {
		paths = append(paths, ch.Field.Path+" "+ch.Key)
	}
	if diff := cmp.Diff([]string{"name.given ", "name.known ", "born ", "attrs gone", "attrs new"}, paths); diff != "" {
		t.Error(diff)
	}
	if len(c.Diff(&sample{}, &sample{})) != 0 {
		t.Error("equal values differ")
	}
}

// Stored bytes may be damaged: that is an error, and the error shows nothing.
func FuzzJoin(f *testing.F) {
	c := codec[sample](f)
	parts, _ := c.Split(&sample{Kind: "k", Name: inner{Given: "MARKER"}})
	f.Add(parts[Public], parts[Personal])
	f.Fuzz(func(t *testing.T, public, personal []byte) {
		var out sample
		if err := c.Join(Parts{public, personal}, &out); err != nil && strings.Contains(err.Error(), "MARKER") {
			t.Error("an error shows a value")
		}
		_, _ = DecodeClear(public)
	})
}

func TestAnEventIsDefinedOnce(t *testing.T) {
	evolve := func(*sample, any, Envelope) {}
	claims := func(*sample) []Claim { return nil }
	if _, err := NewAggregate("s", evolve, claims, Define[sample]("A", "", Routine), Define[inner]("A", "", Routine)); err == nil {
		t.Error("one name for two events was accepted")
	}
	if _, err := NewAggregate("s", evolve, claims, Define[sample]("A", "", Routine), Define[sample]("B", "", Routine)); err == nil {
		t.Error("two names for one event were accepted")
	}
}

func BenchmarkSplit(b *testing.B) {
	c := codec[sample](b)
	v := &sample{Kind: "k", Name: inner{Given: "Ada", Known: true}, At: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.Split(v)
	}
}
