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
