package reactor_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
)

// What is noted of a size is what happened since the one before: an hour in
// which nobody came or left leaves nothing to note.
func TestSizesCountWhoCameAndLeft(t *testing.T) {
	s := newSegmented(t)
	tagged := func(tags ...string) uuid.UUID {
		v, err := s.Register(t.Context(), grown, customer.Register{Email: uuid.NewString() + "@example.test", Tags: tags})
		s.must(err)
		return v.ID
	}
	for range 3 {
		tagged("x")
		tagged("y")
	}
	last := tagged("y")
	s.create("turning", `"x" in customer.tags`)
	s.settle()
	hour := func() {
		s.setClock(s.clock().Add(2 * time.Hour))
		s.settle()
	}
	sizes := func(want ...string) {
		t.Helper()
		var got []string
		for _, z := range s.model.Segments().All(false)[0].State.Sizes {
			got = append(got, fmt.Sprintf("%d: %d +%d -%d", z.Version, z.Members, z.Entered, z.Left))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, not %v", got, want)
		}
	}
	sizes("1: 3 +3 -0")
	hour()
	sizes("1: 3 +3 -0")
	source := `"y" in customer.tags`
	_, err := s.PatchSegment(t.Context(), grown, "turning", app.SegmentChange{Criteria: &source})
	s.must(err)
	s.settle()
	hour()
	sizes("1: 3 +3 -0", "2: 4 +4 -3")
	none := []string{}
	_, err = s.Patch(t.Context(), grown, last, app.Details{Tags: &none})
	s.must(err)
	s.settle()
	hour()
	hour()
	sizes("1: 3 +3 -0", "2: 4 +4 -3", "2: 3 +0 -1")
}
