package crowd

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEverybodyIsTheSameInEveryRun(t *testing.T) {
	first := Make(7)
	for n := range 20 {
		Make(n)
	}
	if d := cmp.Diff(first, Make(7)); d != "" {
		t.Error(d)
	}
	if Make(7).ID == Make(8).ID {
		t.Error("two have one id")
	}
}

// Some names are shared by many, and many are of few: a search has both.
func TestNamesAreSkewed(t *testing.T) {
	const people = 20_000
	names, ordered, german := map[string]int{}, 0, 0
	for n := range people {
		p := Make(n)
		names[p.State.Name.Family]++
		if p.Activity.Orders >= 3 {
			ordered++
		}
		if p.State.Addresses[p.State.DefaultAddress("shipping")].Country == "DE" {
			german++
		}
	}
	most, once := 0, 0
	for _, n := range names {
		most = max(most, n)
		if n == 1 {
			once++
		}
	}
	if most < people/200 || once < people/20 {
		t.Errorf("the most frequent name is of %d, and %d are of one, of %d", most, once, people)
	}
	if ordered < people/20 || german < people/100 {
		t.Errorf("%d ordered often, %d live in Germany", ordered, german)
	}
	t.Logf("the most frequent name is of %d, %d are of one; %d ordered often, %d live in Germany", most, once, ordered, german)
}
