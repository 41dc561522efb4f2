package roster

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/activity"
)

// inOrder gives who has a number, by it: as it is kept, and as it has to be.
func inOrder[N number](n *numbers[N]) (kept, want []place) {
	n.order.Scan(func(p place) bool { kept = append(kept, p); return true })
	for o, v := range n.of {
		if v != 0 {
			want = append(want, place{int64(v), uint32(o)})
		}
	}
	slices.SortFunc(want, place.compare)
	return kept, want
}

// An order is that of the numbers, whatever is set before, while and after it is
// made.
func TestAnOrderIsThatOfItsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var n numbers[int32]
		var lock sync.RWMutex
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		set := func(most int) (last uint32) {
			for range rapid.IntRange(0, most).Draw(t, "sets") {
				last = rnd.Uint32N(3000)
				n.set(last, rnd.Int32N(50)-10)
			}
			return last
		}
		set(4000)
		n.since = roaring.New()
		set(50)
		a := newArrangement(n.copied(&lock))
		set(5000)
		for late, whole := n.late(&lock, a); !whole; late, whole = n.late(&lock, a) {
			set(2000)
			a.move(late)
		}
		set(50)
		if kept, want := inOrder(&n); !slices.Equal(kept, want) || n.since != nil {
			t.Fatalf("%d places, not %d", len(kept), len(want))
		}
	})
}

// The control for the test above: a change that is not noted is seen.
func TestAChangeThatIsNotNotedIsSeen(t *testing.T) {
	var n numbers[int32]
	var lock sync.RWMutex
	n.set(3, 7)
	n.since = roaring.New()
	a := newArrangement(n.copied(&lock))
	n.set(3, 8)
	n.since.Remove(3)
	n.late(&lock, a)
	if kept, want := inOrder(&n); slices.Equal(kept, want) {
		t.Error("nobody noticed")
	}
}

// Whom a clock passes is known by the first question as by one that is asked of a
// roster that stands still, while customers change and several ask.
func TestTheFirstQuestionOfAClockIsExactWhileCustomersChange(t *testing.T) {
	asked, err := cel(t).Compile(`now - customer.lastActivityAt < duration("720h")`)
	if err != nil {
		t.Fatal(err)
	}
	clock := asked.Clocks()[0]
	for range 5 {
		c := newCrowd(2000)
		var at sync.WaitGroup
		for range 2 {
			at.Go(func() { c.Passing(clock, now, now.Add(time.Hour)) })
		}
		for range 3000 {
			o := uint32(rand.IntN(len(c.people)))
			c.PutActivities([]Did{{o, &activity.State{LastActivityAt: now.Add(-time.Duration(rand.IntN(1000)) * time.Hour)}}})
		}
		at.Wait()
		if kept, want := inOrder(&c.lastActive); !slices.Equal(kept, want) || len(want) != len(c.people) {
			t.Fatalf("%d places, not %d", len(kept), len(want))
		}
		who, _ := c.Passing(clock, now, now.Add(100*time.Hour))
		want := roaring.New()
		for o := range uint32(len(c.people)) {
			if v := c.lastActive.get(o); !clock.Passed(v, now) && clock.Passed(v, now.Add(100*time.Hour)) {
				want.Add(o)
			}
		}
		if !who.Equals(want) || want.IsEmpty() {
			t.Errorf("a clock passes %d, not %d", who.GetCardinality(), want.GetCardinality())
		}
	}
}
