package reactor

import (
	"fmt"
	"testing"
	"time"

	"github.com/acme/customers/internal/bus"
)

// The older a parked message, the more seldom it is tried, and each comes to
// its turn, not all of them in the same round.
func TestOldParkedMessagesAreTriedMoreSeldom(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for age, want := range map[time.Duration]int{time.Minute: 720, 119 * time.Minute: 720, 2 * time.Hour: 360, 24 * time.Hour: 30, 30 * 24 * time.Hour: 2} {
		tried, most := 0, 0
		for round := range 720 {
			at := 0
			for n := range 50 {
				if due(&bus.Letter{ID: fmt.Sprint(n), At: now.Add(-age)}, now, round) {
					at++
				}
			}
			tried, most = tried+at, max(most, at)
		}
		if tried != 50*want {
			t.Errorf("%s: tried %d times, want %d", age, tried, 50*want)
		}
		if want < 100 && most > 25 {
			t.Errorf("%s: %d of 50 in one round", age, most)
		}
	}
}
