package index

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/segment"
)

// A key that was free again is that of the new segment; what had it before is
// still told by it.
func TestAKeyTellsOfWhatHadItBefore(t *testing.T) {
	s := newSegments()
	first, second := uuid.New(), uuid.New()
	put := func(id uuid.UUID, version int64, deleted bool) {
		s.put(id, LoadedSegment{Version: version, State: &segment.State{Key: "vip", Deleted: deleted}})
	}
	put(first, 1, false)
	put(first, 2, false)
	put(first, 3, true)
	if _, ok := s.ByKey("vip"); ok || !slices.Equal(s.Called("vip"), []uuid.UUID{first}) || len(s.Called("other")) > 0 {
		t.Errorf("deleted: %v", s.Called("vip"))
	}
	put(second, 1, false)
	if id, _ := s.ByKey("vip"); id != second || !slices.Equal(s.Called("vip"), []uuid.UUID{first, second}) {
		t.Errorf("made again: %v", s.Called("vip"))
	}
}
