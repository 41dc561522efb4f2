package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/fault"
)

// What the strict decoder takes, encoding/json takes too and to the same
// value: we refuse more, and never read differently.
func FuzzStrictDecoder(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[1,{"a":[null]}]`, `{"email":"a","email":"b"}`, `{"Email":"a"}`,
		`{"name":{"given":"\ud83d\ude00"},"age":1,"anything":{"x":[1e5,"\u0000"]}}`, `{"attributes":{"a":"b"}} x`,
		`{"tags":["a","b"],"children":[{"email":"x"}],"since":"2026-11-23T10:00:00Z"}`, "{\"email\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	d := newDecoder[sample](DefaultLimits())
	loose := newDecoder[any](DefaultLimits())
	f.Fuzz(func(t *testing.T, body []byte) {
		compareWithStandard(t, d, body)
		compareWithStandard(t, loose, body)
	})
}

func compareWithStandard[T any](t *testing.T, d *decoder[T], body []byte) {
	got, err := d.decode(body)
	if err != nil {
		if fault.From(err).Kind == fault.Internal {
			t.Fatalf("an unclassified refusal: %v", err)
		}
		return
	}
	if len(body) > 0 && !json.Valid(body) {
		t.Fatal("accepted what is not JSON")
	}
	want := new(T)
	if err := json.Unmarshal(body, want); err != nil {
		t.Fatalf("accepted what encoding/json refuses: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("read differently (-encoding/json +ours):\n%s", diff)
	}
}

// registration has the size and the sorts of a usual registration.
var registration = []byte(`{"name":{"given":"Maximiliane","family":"Sørensen-Østergård"},"email":"maximiliane.soerensen@example.test",` +
	`"age":42,"agreed":true,"tags":["newsletter","vip"],"attributes":{"shoeSize":"39","favouriteColour":"green"},` +
	`"since":"2026-11-23T10:00:00Z"}`)

// The strict decoder against what it replaces: json.Decoder with unknown
// fields refused, which checks less.
func BenchmarkDecode(b *testing.B) {
	b.Run("strict", func(b *testing.B) {
		d := newDecoder[sample](DefaultLimits())
		b.SetBytes(int64(len(registration)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.decode(registration); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encodingjson", func(b *testing.B) {
		b.SetBytes(int64(len(registration)))
		b.ReportAllocs()
		for b.Loop() {
			dec := json.NewDecoder(bytes.NewReader(registration))
			dec.DisallowUnknownFields()
			if err := dec.Decode(&sample{}); err != nil {
				b.Fatal(err)
			}
			if _, err := dec.Token(); err != io.EOF {
				b.Fatal(err)
			}
		}
	})
	b.Run("strict refusing 1 MiB of depth", func(b *testing.B) {
		d := newDecoder[sample](DefaultLimits())
		bomb := []byte(strings.Repeat("[", 1<<20))
		for b.Loop() {
			if _, err := d.decode(bomb); err == nil {
				b.Fatal("accepted")
			}
		}
	})
}
