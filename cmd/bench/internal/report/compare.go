package report

import (
	"slices"
	"time"
)

// Measure is one side's result of one round.
type Measure struct {
	Rate   float64       `json:"perSecond"`
	P50    time.Duration `json:"p50,omitempty"` // nanoseconds, as all durations here
	P99    time.Duration `json:"p99,omitempty"`
	Failed int           `json:"failed,omitempty"`
	CPU    *CPU          `json:"cpu,omitempty"`
	// Settled is how long after a round what it caused went on: publishing.
	Settled time.Duration `json:"settled,omitempty"`
}

// CPU is processor time for each operation.
type CPU struct {
	Service   time.Duration `json:"service"`
	Generator time.Duration `json:"generator"`
	Rest      time.Duration `json:"rest"` // PostgreSQL, the kernel's own threads, and whoever else is on the machine
}

// Comparison is two sides measured in turns.
type Comparison struct {
	Service   []Measure `json:"service"`
	Yardstick []Measure `json:"yardstick"`
}

// Compare measures both sides alternately, and who is first alternates too: a
// machine that becomes slower or faster meanwhile changes both sides alike.
func Compare(rounds int, service, yardstick func() (Measure, error)) (Comparison, error) {
	var c Comparison
	sides := []struct {
		measure func() (Measure, error)
		into    *[]Measure
	}{{service, &c.Service}, {yardstick, &c.Yardstick}}
	for range rounds {
		for _, side := range sides {
			m, err := side.measure()
			if err != nil {
				return c, err
			}
			*side.into = append(*side.into, m)
		}
		slices.Reverse(sides)
	}
	return c, nil
}

// Ratio is the median over the rounds of service rate / yardstick rate, and
// the lowest and highest round.
func (c Comparison) Ratio() (median, low, high float64) {
	ratios := make([]float64, 0, len(c.Service))
	for i, s := range c.Service {
		if y := c.Yardstick[i].Rate; y > 0 {
			ratios = append(ratios, s.Rate/y)
		}
	}
	if len(ratios) == 0 {
		return 0, 0, 0
	}
	return Median(ratios), slices.Min(ratios), slices.Max(ratios)
}

// Typical is the measure of the round with the median rate; zero when empty.
func Typical(rounds []Measure) Measure {
	if len(rounds) == 0 {
		return Measure{}
	}
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b Measure) int {
		switch {
		case a.Rate < b.Rate:
			return -1
		case a.Rate > b.Rate:
			return 1
		}
		return 0
	})
	return sorted[len(sorted)/2]
}

// Median gives the middle value, of an even number the mean of the middle two.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}
