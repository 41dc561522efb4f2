package access

import (
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// EncodeForTest shows tests of other packages the unsealed bytes of an entry.
func EncodeForTest(e Entry) ([]byte, error) {
	c := encoder{numbers: map[string]uint64{}}
	return c.encode(e.At.UnixMicro(), []*Entry{&e})
}

func bitmapsEqual(a, b *roaring.Bitmap) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equals(b)
}

func drawEntry(t *rapid.T) Entry {
	text := rapid.StringN(0, 12, 40)
	e := Entry{At: time.UnixMicro(rapid.Int64Range(1e15, 2e15).Draw(t, "at")).UTC(), Actor: text.Draw(t, "actor"), ActorID: text.Draw(t, "id"),
		Action: text.Draw(t, "action"), Channel: text.Draw(t, "channel"), Purpose: text.Draw(t, "purpose"), From: text.Draw(t, "from"), Fields: rapid.Uint32().Draw(t, "fields")}
	e.Trace = rapid.OneOf(rapid.Just(""), text, rapid.StringMatching(`[0-9a-f]{32}`), rapid.StringMatching(`[0-9A-F]{32,33}`)).Draw(t, "trace")
	if rapid.Bool().Draw(t, "bulk") {
		e.Bulk = roaring.BitmapOf(rapid.SliceOfN(rapid.Uint32(), 0, 9).Draw(t, "ordinals")...)
		return e
	}
	e.Subject = uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "subject"))
	e.Ordinal = int64(rapid.Uint32().Draw(t, "ordinal"))
	return e
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	c := encoder{numbers: map[string]uint64{}} // one for all: it must not remember
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(drawEntry), 1, 6).Draw(t, "entries")
		from := want[0].At.UnixMicro()
		for _, e := range want {
			from = min(from, e.At.UnixMicro())
		}
		var in []*Entry
		for i := range want {
			in = append(in, &want[i])
		}
		raw, err := c.encode(from, in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(from, raw)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmp.Comparer(bitmapsEqual)); d != "" {
			t.Fatal(d)
		}
		if _, err := decode(from, raw[:len(raw)-1]); err == nil {
			t.Fatal("a cut encoding was decoded")
		}
	})
}

// A row that was sealed by a program with a bug, or a clear bitmap that was
// edited, must not stop this one.
func FuzzDecode(f *testing.F) {
	raw, err := EncodeForTest(Entry{At: time.UnixMicro(1), Actor: "a", Action: "b", Subject: uuid.Max})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	some, err := roaring.BitmapOf(1, 2, 3, 1<<20).ToBytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(some)
	f.Add([]byte{format, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = decode(0, raw)
		if b, err := bitmap(raw); err == nil {
			b.Contains(1)
			b.GetCardinality()
			_, _ = slotsOf(&Part{Pairs: raw}, 1<<12-1)
		}
	})
}
