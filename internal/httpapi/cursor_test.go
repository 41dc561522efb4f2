package httpapi

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/acme/customers/internal/fault"
)

func TestCursorsComeBack(t *testing.T) {
	c := newCursors([]byte(strings.Repeat("k", 32)))
	rapid.Check(t, func(t *rapid.T) {
		scope := rapid.String().Draw(t, "scope")
		marks := rapid.SliceOfN(rapid.Uint64(), 0, 4).Draw(t, "marks")
		got, err := c.decode(scope, c.encode(scope, marks...), len(marks))
		if err != nil || !slices.Equal(got, marks) {
			t.Fatalf("got %v, %v; want %v", got, err, marks)
		}
	})
}

func TestCursorsOfOthersAreRefused(t *testing.T) {
	c := newCursors([]byte(strings.Repeat("k", 32)))
	good := c.encode("history/1", 5, math.MaxUint64)
	if _, err := c.decode("history/1", good, 2); err != nil {
		t.Fatalf("the control is refused: %v", err)
	}
	refused := map[string]func() ([]uint64, error){
		"of another list":    func() ([]uint64, error) { return c.decode("history/2", good, 2) },
		"of another key":     func() ([]uint64, error) { return newCursors(nil).decode("history/1", good, 2) },
		"of another length":  func() ([]uint64, error) { return c.decode("history/1", good, 1) },
		"empty":              func() ([]uint64, error) { return c.decode("history/1", "", 2) },
		"no base64":          func() ([]uint64, error) { return c.decode("history/1", "!"+good[1:], 2) },
		"padded":             func() ([]uint64, error) { return c.decode("history/1", good+"=", 2) },
		"with a line break":  func() ([]uint64, error) { return c.decode("history/1", good[:4]+"\n"+good[4:], 2) },
		"far too long":       func() ([]uint64, error) { return c.decode("history/1", strings.Repeat("A", 1<<20), 2) },
		"cut":                func() ([]uint64, error) { return c.decode("history/1", good[:len(good)-2], 2) },
		"with marks moved":   func() ([]uint64, error) { return c.decode("history/1"+"\x05", good, 2) },
		"made of other text": func() ([]uint64, error) { return c.decode("history/1", "bm90IG9uZSBvZiBvdXJz", 2) },
	}
	for i := range good { // every single character counts
		other := byte('A')
		if good[i] == 'A' {
			other = 'B'
		}
		changed := good[:i] + string(other) + good[i+1:]
		refused["changed at "+good[:i]] = func() ([]uint64, error) { return c.decode("history/1", changed, 2) }
	}
	for name, try := range refused {
		if marks, err := try(); !errors.Is(err, fault.ErrBadCursor) {
			t.Errorf("%s: %v, %v", name, marks, err)
		}
	}
}
