package rule

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// person is a customer in the plainest way.
type person struct {
	texts      map[ID]string
	lists      map[ID][]string
	numbers    map[ID]int64
	truths     map[ID]bool
	times      map[ID]int64
	born       int64
	bornKnown  bool
	consents   map[string]string
	attributes map[string]any
	totals     map[string]float64
}

func (p *person) Text(id ID) string             { return p.texts[id] }
func (p *person) Texts(id ID) []string          { return p.lists[id] }
func (p *person) Number(id ID) int64            { return p.numbers[id] }
func (p *person) Truth(id ID) bool              { return p.truths[id] }
func (p *person) Time(id ID) int64              { return p.times[id] }
func (p *person) DateOfBirth() (int64, bool)    { return p.born, p.bornKnown }
func (p *person) Consent(purpose string) string { return p.consents[purpose] }
func (p *person) Attribute(key string) any      { return p.attributes[key] }
func (p *person) Total(currency string) float64 { return p.totals[currency] }

// people answer as columns by looking at everybody.
type people []*person

func (p people) those(is func(*person) bool) *roaring.Bitmap {
	out := roaring.New()
	for i, who := range p {
		if is(who) {
			out.Add(uint32(i))
		}
	}
	return out
}

func (p people) All() *roaring.Bitmap        { return p.those(func(*person) bool { return true }) }
func (p people) Row(ordinal uint32) Customer { return p[ordinal] }

func (p people) Known(r Ref) *roaring.Bitmap {
	return p.those(func(who *person) bool {
		if r.ID == Consents {
			return consentOf(who, r.Key) != notRequested
		}
		return known(who, r)
	})
}

func (p people) Equal(r Ref, text string) *roaring.Bitmap {
	if r.Field().Kind == Text && text == "" || r.ID == Consents && text == notRequested {
		panic("columns are not asked for that")
	}
	return p.those(func(who *person) bool {
		switch r.Field().Kind {
		case Text:
			return who.Text(r.ID) == text
		case Consent:
			return who.Consent(r.Key) == text
		}
		return who.Attribute(r.Key) == text
	})
}

func (p people) Listed(id ID, text string) *roaring.Bitmap {
	return p.those(func(who *person) bool { return slices.Contains(who.Texts(id), text) })
}

func (p people) Is(r Ref, truth bool) *roaring.Bitmap {
	if r.ID == Attributes {
		return p.those(func(who *person) bool { return who.Attribute(r.Key) == truth })
	}
	if !truth {
		panic("columns are not asked for that")
	}
	return p.those(func(who *person) bool { return who.Truth(r.ID) })
}

func (p people) Compare(id ID, op Op, value int64) *roaring.Bitmap {
	return p.those(func(who *person) bool {
		switch Of(id).Kind {
		case Number:
			return holds(who.Number(id), op, value)
		case Years:
			born, ok := bornOn(who)
			return ok && holds(born, op, value)
		}
		at, ok := timeOf(who, id)
		return ok && holds(at, op, value)
	})
}

func (p people) CompareFloat(r Ref, op Op, value float64) *roaring.Bitmap {
	return p.those(func(who *person) bool {
		if r.ID == OrderTotal {
			return holds(who.Total(r.Key), op, value)
		}
		n, ok := who.Attribute(r.Key).(float64)
		return ok && holds(n, op, value)
	})
}

func holds[T cmp.Ordered](a T, op Op, b T) bool {
	switch op {
	case Less:
		return a < b
	case LessOrEqual:
		return a <= b
	case Greater:
		return a > b
	case GreaterOrEqual:
		return a >= b
	}
	return a == b
}

var testSegments = []string{"vip", "lapsed"}

func testLanguage(t testing.TB) *Language {
	t.Helper()
	l, err := New(Config{Purposes: []string{"marketing", "analytics"}, Segments: func(key string) bool { return slices.Contains(testSegments, key) }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func compile(t testing.TB, source string) *Rule {
	t.Helper()
	r, err := testLanguage(t).Compile(source)
	if err != nil {
		t.Fatalf("%s: %v", source, explainErr(err))
	}
	return r
}

func micros(s string) int64 { return at(s).UnixMicro() }

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func born(s string) int64 { return dayOf(at(s + "T00:00:00Z")) }
