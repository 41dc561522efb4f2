package report

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// Duel is how long two sides took for the same questions, in turns.
type Duel struct {
	Kind      string        `json:"kind"`
	Customers int           `json:"customers"`
	Found     int64         `json:"found"` // by the roster, the median
	Roster    Spread        `json:"roster"`
	CPU       Spread        `json:"rosterCpu"` // processor time of the same questions: others on the machine do not add to it
	Yardstick Spread        `json:"yardstick"`
	Aim       time.Duration `json:"aim,omitempty"` // for the roster's p99
	// Meant is, of questions with a mistake in them, the share after which each
	// side finds whom was meant; zero where there are none.
	Meant [2]float64 `json:"meant"`
}

// Spread is what a number of questions took.
type Spread struct {
	Asked int           `json:"asked"`
	P50   time.Duration `json:"p50"`
	P99   time.Duration `json:"p99"`
}

// NewSpread sorts what it is given.
func NewSpread(took []time.Duration) Spread {
	if len(took) == 0 {
		return Spread{}
	}
	slices.Sort(took)
	rank := func(q float64) time.Duration { return took[max(int(q*float64(len(took))+0.999999), 1)-1] }
	return Spread{len(took), rank(0.5), rank(0.99)}
}

// Ratio is how many times longer the yardstick's median is; 0 without one.
func (d *Duel) Ratio() float64 {
	return float64(d.Yardstick.P50) / float64(max(d.Roster.P50, 1))
}

// Figure is one thing that was measured on one side alone.
type Figure struct {
	What      string  `json:"what"`
	Customers int     `json:"customers"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	Aim       float64 `json:"aim,omitempty"`
	AtLeast   bool    `json:"aimIsTheLeast,omitempty"` // else the most
}

// Misses tells whether a figure is on the wrong side of its aim.
func (f *Figure) Misses() bool {
	if f.AtLeast {
		return f.Value < f.Aim
	}
	return f.Aim != 0 && f.Value > f.Aim
}

func (r *Report) search(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "search\tcustomers\tfound\tasked\tp50\tp99\taim p99\t\tCPU p50\tp99\tPostgreSQL asked\tp50\tp99\tratio of p50\tfinds whom was meant\tPostgreSQL\t")
	for i := range r.Duels {
		d := &r.Duels[i]
		meant := "-\t-"
		if d.Meant != [2]float64{} {
			meant = fmt.Sprintf("%.0f%%\t%.0f%%", 100*d.Meant[0], 100*d.Meant[1])
		}
		limit, late := "-", ""
		if d.Aim > 0 {
			limit, late = ms(d.Aim), missed(d.Roster.P99 > d.Aim)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%.1f\t%s\t\n", d.Kind, d.Customers, d.Found, d.Roster.Asked, ms(d.Roster.P50), ms(d.Roster.P99), limit, late,
			ms(d.CPU.P50), ms(d.CPU.P99), d.Yardstick.Asked, ms(d.Yardstick.P50), ms(d.Yardstick.P99), d.Ratio(), meant)
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "figure\tcustomers\tvalue\tunit\taim\t\t")
	for i := range r.Figures {
		f := &r.Figures[i]
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t\n", f.What, f.Customers, short(f.Value), f.Unit, aim(f.Aim), missed(f.Misses()))
	}
	return t.Flush()
}

func missed(is bool) string {
	if is {
		return "missed"
	}
	return ""
}

// short writes three digits of small numbers and all of large ones.
func short(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
