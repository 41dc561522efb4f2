package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/segment"
)

const (
	aimSelect  = 500_000 // customers a second
	aimOverlap = 5       // ms, of overlapping segments of half of the customers each
	overlaps   = 5
)

// backfills are new rules: what they ask is in columns, or some or all customers
// have to be asked one by one for a part of it.
var backfills = []struct{ what, rule string }{
	{"new rule, by columns", `customer.country == "DE" && customer.orders.count >= 3 && now - customer.lastActivityAt < duration("720h")`},
	{"new rule, a part asked of some", `customer.orders.count >= 3 && (customer.profile.language + "-" + customer.country) == customer.profile.locale`},
	{"new rule, asked of everybody", `customer.profile.locale.startsWith("de")`},
}

// segments measures rules over everybody, and segments that overlap.
func (b *bench) segments(t *town) error {
	runtime.LockOSThread() // its processor time is that of its thread
	defer runtime.UnlockOSThread()
	for _, f := range backfills {
		asked, err := t.language.Compile(f.rule)
		if err != nil {
			return err
		}
		took, cpu := b.often(func() { t.roster.Select(asked, crowd.Now) })
		b.figure(report.Figure{What: f.what, Customers: t.people, Value: float64(t.people) / took.P50.Seconds(), Unit: "customers/s", Aim: aimSelect, AtLeast: true})
		b.figure(report.Figure{What: f.what + ", CPU", Customers: t.people, Value: inMillis(cpu.P50), Unit: "ms"})
	}
	t.join()
	var found roster.Overlap
	took, cpu := b.often(func() { found = t.roster.Overlap(t.joined, 1<<overlaps) })
	if len(found.Combinations) != 1<<overlaps-1 || found.More > 0 {
		return fmt.Errorf("%d combinations, and %d more", len(found.Combinations), found.More)
	}
	what := fmt.Sprintf("overlap of %d segments, half of all in each", overlaps)
	b.figure(report.Figure{What: what + ", p50", Customers: t.people, Value: inMillis(took.P50), Unit: "ms", Aim: aimOverlap})
	b.figure(report.Figure{What: what + ", p99", Customers: t.people, Value: inMillis(took.P99), Unit: "ms"})
	b.figure(report.Figure{What: what + ", CPU", Customers: t.people, Value: inMillis(cpu.P50), Unit: "ms"})
	return nil
}

// often does something as often as questions are asked, as long as its time
// lasts, once before that without counting.
func (b *bench) often(do func()) (took, cpu report.Spread) {
	do()
	var each, busy []time.Duration
	for end := time.Now().Add(b.cfg.search.budget); len(each) < b.cfg.search.queries && (len(each) == 0 || time.Now().Before(end)); {
		started, before := time.Now(), machine.ThreadCPU()
		do()
		each, busy = append(each, time.Since(started)), append(busy, machine.ThreadCPU()-before)
	}
	return report.NewSpread(each), report.NewSpread(busy)
}

func inMillis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// join puts half of the people, by chance, into each segment.
func (t *town) join() {
	if t.joined == nil {
		for i := range overlaps {
			t.joined = append(t.joined, uuid.UUID{1, byte(i)})
			t.roster.PutSegments([]roster.Defined{{ID: t.joined[i], State: &segment.State{Key: fmt.Sprint("half-", i), Type: segment.Static, Applied: 1}}})
		}
	}
	for from := 0; from < t.people; from += townsfolk {
		some := make([]roster.Segmented, 0, townsfolk)
		for n := from; n < min(from+townsfolk, t.people); n++ {
			r, of := rand.New(rand.NewPCG(uint64(n), 5)), map[string]membership.Standing{}
			for _, id := range t.joined {
				if r.IntN(2) == 0 {
					of[id.String()] = membership.Standing{Version: 1, Member: true, Since: crowd.Now, By: membership.ByHand}
				}
			}
			some = append(some, roster.Segmented{Ordinal: uint32(n), State: &membership.State{Segments: of}})
		}
		t.roster.PutMemberships(some)
	}
}
