package report

import (
	"errors"
	"math"
	"testing"
)

// slowing is a machine that loses a tenth of its speed with every measurement.
func slowing(speed *float64, rate float64) func() (Measure, error) {
	return func() (Measure, error) {
		*speed *= 0.9
		return Measure{Rate: rate * *speed}, nil
	}
}

func TestAMachineThatSlowsDownDoesNotChangeTheRatio(t *testing.T) {
	const rounds, want = 6, 0.5
	speed := 1.0
	c, err := Compare(rounds, slowing(&speed, 500), slowing(&speed, 1000))
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := c.Ratio(); math.Abs(got-want) > 0.01*want {
		t.Errorf("ratio %v, in truth %v", got, want)
	}

	// The control: one side after the other, as two separate runs would be.
	speed = 1.0
	var apart Comparison
	for range rounds {
		m, _ := slowing(&speed, 500)()
		apart.Service = append(apart.Service, m)
	}
	for range rounds {
		m, _ := slowing(&speed, 1000)()
		apart.Yardstick = append(apart.Yardstick, m)
	}
	if got, _, _ := apart.Ratio(); math.Abs(got-want) < 0.3*want {
		t.Errorf("ratio %v: separate runs ought to be misled", got)
	}
}

func TestOneDisturbedRoundDoesNotChangeTheRatio(t *testing.T) {
	c := Comparison{}
	for _, rate := range []float64{800, 800, 80, 800, 800} {
		c.Service = append(c.Service, Measure{Rate: rate})
		c.Yardstick = append(c.Yardstick, Measure{Rate: 1000})
	}
	median, low, high := c.Ratio()
	if median != 0.8 || low != 0.08 || high != 0.8 {
		t.Errorf("%v, %v to %v", median, low, high)
	}
	if got := Typical(c.Service).Rate; got != 800 {
		t.Errorf("typical %v", got)
	}
}

func TestAFailedRoundEndsTheComparison(t *testing.T) {
	broken := errors.New("broken")
	ok := func() (Measure, error) { return Measure{Rate: 1}, nil }
	if _, err := Compare(3, ok, func() (Measure, error) { return Measure{}, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if m, _, _ := (Comparison{}).Ratio(); m != 0 {
		t.Error("a ratio of nothing:", m)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 4}, 4}} {
		if got := Median(c.of); got != c.want {
			t.Errorf("median of %v: %v", c.of, got)
		}
	}
}
