package customer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
)

// A customer is found by what it was called before, each name once.
func TestFormerNamesAreKept(t *testing.T) {
	s := &State{}
	call := func(given, family, prefix string) {
		ProfileUpdated{Name: &Name{Given: given, Family: family, Prefix: prefix}}.evolve(s, event.Envelope{})
	}
	want := func(names ...Name) {
		t.Helper()
		if d := cmp.Diff(names, s.Internal.FormerNames); d != "" {
			t.Error(d)
		}
	}
	call("Ada", "Byron", "")
	want()
	call("Ada", "Byron", "Lady") // it is the same name
	want()
	before := s.Internal.FormerNames
	call("Ada", "King", "")
	call("Ada", "Lovelace", "")
	want(Name{Given: "Ada", Family: "Byron"}, Name{Given: "Ada", Family: "King"})
	call("Ada", "King", "") // as before
	want(Name{Given: "Ada", Family: "Byron"}, Name{Given: "Ada", Family: "Lovelace"})
	if len(before) != 0 {
		t.Error("the state before was changed")
	}
	for i := range 2 * maxFormer {
		call("Ada", string(rune('A'+i)), "")
	}
	if len(s.Internal.FormerNames) != maxFormer {
		t.Errorf("%d are kept", len(s.Internal.FormerNames))
	}
}
