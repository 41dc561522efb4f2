package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample() *Report {
	rounds := Comparison{
		Service:   []Measure{{Rate: 4000, P50: 15 * time.Millisecond, P99: 40 * time.Millisecond, Failed: 3, CPU: &CPU{Service: 200 * time.Microsecond}}},
		Yardstick: []Measure{{Rate: 5000}},
	}
	return &Report{
		Machine: Machine{Processor: "a processor", Cores: 2, Memory: 24 << 30},
		Rows:    []Row{NewRow("register", "postgres", 10_000, 64, "pgbench", 0.8, rounds)},
		Sizes:   []Size{{Store: "sqlite", Customers: 1000, RSS: 3_000_000, RSSEmpty: 1_000_000, Disk: 5_000_000, DiskEmpty: 1_000_000}},
		Bulk:    []Bulk{{How: "import", Store: "sqlite", Rows: 1000, Took: time.Second, Rate: 1000, Aim: 5000}},
	}
}

func TestGrowthIsComparedWithTheFirstSizeOfTheSameRun(t *testing.T) {
	row := func(path, store string, connections int, ratio float64) Row {
		return Row{Path: path, Store: store, Connections: connections, Ratio: ratio}
	}
	var r Report
	for _, c := range []struct {
		row  Row
		want float64
	}{
		{row("read", "sqlite", 64, 0.6), 1}, {row("read", "postgres", 64, 0.3), 1}, {row("read", "sqlite", 256, 0.2), 1}, {row("register", "sqlite", 64, 0.1), 1},
		{row("read", "sqlite", 64, 0.5), 1.2}, {row("read", "sqlite", 64, 0.75), 0.8}, {row("read", "postgres", 64, 0.1), 3},
	} {
		r.Add(c.row)
		if got := r.Rows[len(r.Rows)-1].Slower; got < c.want*0.999 || got > c.want*1.001 {
			t.Errorf("%s on %s over %d: %v, want %v", c.row.Path, c.row.Store, c.row.Connections, got, c.want)
		}
	}
}

func TestTheTableSaysRatiosAimsAndFailures(t *testing.T) {
	var out bytes.Buffer
	if err := sample().Table(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"0.80", "4000", "5000", "15.00ms", "40.00ms", "2000", "import", " 3 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestTheJSONHoldsEveryRound(t *testing.T) {
	want := sample()
	var out bytes.Buffer
	if err := want.JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Error(diff)
	}
}

func TestASearchIsShownWithItsAimAndWhatMissesIt(t *testing.T) {
	took := make([]time.Duration, 0, 100)
	for i := range 100 {
		took = append(took, time.Duration(100-i)*time.Millisecond)
	}
	r := &Report{Duels: []Duel{{Kind: "full name", Customers: 1000, Found: 3, Roster: NewSpread(took), Yardstick: Spread{Asked: 50, P50: 100 * time.Millisecond}, Aim: 98 * time.Millisecond, Meant: [2]float64{0.9, 0.8}}},
		Figures: []Figure{{What: "quick", Value: 9, Aim: 10}, {What: "slow", Value: 11, Aim: 10}, {What: "much", Value: 11, Aim: 10, AtLeast: true}, {What: "little", Value: 9, Aim: 10, AtLeast: true}, {What: "aimless", Value: 1e6}}}
	if d := r.Duels[0]; d.Roster.P50 != 50*time.Millisecond || d.Roster.P99 != 99*time.Millisecond || d.Ratio() != 2 {
		t.Errorf("%+v", d)
	}
	for i, want := range []bool{false, true, false, true, false} {
		if r.Figures[i].Misses() != want {
			t.Errorf("%s: %v", r.Figures[i].What, !want)
		}
	}
	var out bytes.Buffer
	if err := r.Table(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"full name", "50.00ms", "99.00ms", "2.0", "90%", "80%", "1000000"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Count(out.String(), "missed") != 3 {
		t.Errorf("what misses its aim:\n%s", out.String())
	}
}
