package segment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
)

// sized folds sizes, each noted some hours after the one before.
func sized(s *State, hours ...int) *State {
	at := now
	if all := s.AllSizes(); len(all) > 0 {
		at = all[len(all)-1].At
	}
	for _, h := range hours {
		at = at.Add(time.Duration(h) * time.Hour)
		Measured{Members: int64(len(s.AllSizes())), Entered: 2, Left: 1}.evolve(s, event.Envelope{OccurredAt: at})
	}
	return s
}

func TestOldSizesAreKeptByTheDay(t *testing.T) {
	month := slices.Repeat([]int{1}, maxSizes)
	for _, tc := range []struct {
		name  string
		hours []int // between sizes; now is at noon
		days  []string
		sizes int
	}{
		{"a month of hours", month, nil, maxSizes},
		{"an hour more", append([]int{1}, month...), []string{"27 13:00 +2 -1"}, maxSizes},
		{"the rest of a day more", append(slices.Repeat([]int{1}, 11), month...), []string{"27 23:00 +22 -11"}, maxSizes},
		{"midnight is of the next day", append(slices.Repeat([]int{1}, 12), month...), []string{"27 23:00 +22 -11", "28 00:00 +2 -1"}, maxSizes},
		{"days in which nobody came have none", append([]int{1, 1, 48, 48, 1}, month...), []string{"27 14:00 +4 -2", "29 14:00 +2 -1", "01 15:00 +4 -2"}, maxSizes},
		{"few sizes stay what they are, however old", slices.Repeat([]int{24 * 30}, 20), nil, 20},
	} {
		s := sized(&State{}, tc.hours...)
		var days []string
		for _, d := range s.Days {
			days = append(days, fmt.Sprintf("%s +%d -%d", d.At.Format("02 15:04"), d.Entered, d.Left))
		}
		if d := cmp.Diff(tc.days, days); d != "" || len(s.Sizes) != tc.sizes {
			t.Errorf("%s: %d sizes, days (-want +got): %s", tc.name, len(s.Sizes), d)
		}
	}
}

// lost tells what of a history is not as it was noted: all are the sizes as they
// were noted, kept those that are left.
func lost(all, kept []Size) string {
	first := slices.IndexFunc(all, func(s Size) bool { return s.At.Equal(kept[0].At) })
	if first < 0 {
		return "the first is none that was noted"
	}
	var entered, left, enteredKept, leftKept int64
	for _, s := range all[first+1:] {
		entered, left = entered+s.Entered, left+s.Left
	}
	for i := 1; i < len(kept); i++ {
		before, now := kept[i-1], kept[i]
		if now.Members-before.Members != now.Entered-now.Left {
			return fmt.Sprintf("from %s to %s the size grew otherwise than they came and left", before.At, now.At)
		}
		if !now.At.After(before.At) {
			return "they are in no order"
		}
		enteredKept, leftKept = enteredKept+now.Entered, leftKept+now.Left
	}
	if entered != enteredKept || left != leftKept {
		return "somebody came or left who is not counted"
	}
	if kept[len(kept)-1] != all[len(all)-1] {
		return "the last is another"
	}
	return ""
}

// Whatever is noted when, what is kept adds up, is bounded, and reaches back two
// years.
func TestWhatIsKeptOfSizesAddsUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	bounded := 0
	for round := range 6 {
		s, all, at, members := &State{}, []Size(nil), now, int64(500)
		for range 3500 {
			at = at.Add(time.Duration(1+random.IntN(1+round*5)) * time.Hour)
			one := Size{At: at, Version: 1, Entered: random.Int64N(50), Left: random.Int64N(50)}
			members += one.Entered - one.Left
			one.Members, s.Applied = members, 1
			all = append(all, one)
			Measured{Members: members, Entered: one.Entered, Left: one.Left}.evolve(s, event.Envelope{OccurredAt: at})
		}
		kept := s.AllSizes()
		if why := lost(all, kept); why != "" {
			t.Fatalf("round %d: %s", round, why)
		}
		if len(s.Sizes) != maxSizes || len(s.Days) > maxDays || !slices.Equal(s.Sizes, all[len(all)-maxSizes:]) {
			t.Fatalf("round %d: %d sizes, %d days", round, len(s.Sizes), len(s.Days))
		}
		if at.Sub(kept[0].At) < 2*365*24*time.Hour && kept[0].At.Sub(all[0].At) > 24*time.Hour {
			t.Errorf("round %d: only from %s on", round, kept[0].At)
		}
		if len(s.Days) == maxDays {
			bounded++
		}
		for i := 1; i < len(s.Days); i++ {
			if sameDay(s.Days[i-1].At, s.Days[i].At) {
				t.Errorf("round %d: a day twice", round)
			}
		}
		// the control: whatever else might be kept is noticed
		n := 1 + random.IntN(len(kept)-2)
		for name, spoil := range map[string]func([]Size) []Size{
			"one is left out":         func(k []Size) []Size { return slices.Delete(k, n, n+1) },
			"the last is left out":    func(k []Size) []Size { return k[:len(k)-1] },
			"a day has its last only": func(k []Size) []Size { k[n].Entered--; return k },
			"both are miscounted":     func(k []Size) []Size { k[n].Entered++; k[n].Left++; return k },
			"two change places":       func(k []Size) []Size { k[n], k[n-1] = k[n-1], k[n]; return k },
		} {
			if before := slices.Clone(kept); lost(all, spoil(slices.Clone(kept))) == "" && !(name == "one is left out" && before[n].Entered == 0 && before[n].Left == 0) {
				t.Errorf("round %d: nobody notices that %s", round, name)
			}
		}
	}
	if bounded == 0 {
		t.Error("nothing was ever let go")
	}
}

// Readers hold on to a state while the next is folded.
func TestADayLeavesTheStateBeforeAlone(t *testing.T) {
	s := sized(&State{}, slices.Repeat([]int{1}, maxSizes+30)...)
	before, want := *s, s.AllSizes()
	sized(s, slices.Repeat([]int{1}, 100)...)
	if d := cmp.Diff(want, before.AllSizes()); d != "" {
		t.Error(d)
	}
}
