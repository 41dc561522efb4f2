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
