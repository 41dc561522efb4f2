package activity

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

type done struct {
	e  Event
	at time.Time
}

func fold(acts ...done) State {
	s := new(State)
	for _, d := range acts {
		d.e.evolve(s, event.Envelope{OccurredAt: d.at})
	}
	return *s
}

func TestRecord(t *testing.T) {
	order := Record{ID: "o1", Type: OrderCompleted, At: now, Now: now, Total: "129.90", Currency: "CHF"}
	with := func(change func(*Record)) Record {
		r := order
		change(&r)
		return r
	}
	for _, tc := range []struct {
		name string
		when Record
		then []Event
		code string
	}{
		{"an order", order, []Event{Purchased{"o1", 1_299_000, "CHF"}}, ""},
		{"a ticket", Record{ID: "t", Type: SupportTicketCreated, At: now, Now: now, Text: "late"}, []Event{TicketOpened{"t", "late"}}, ""},
		{"its end", Record{ID: "t", Type: SupportTicketResolved, At: now, Now: now, Text: "sent again"}, []Event{TicketResolved{"t", "sent again"}}, ""},
		{"anything", Record{ID: "x", Type: "shop.PageViewed", At: now, Now: now, Data: `{"page":1}`}, []Event{Recorded{"shop.PageViewed", "x", `{"page":1}`}}, ""},
		{"by a clock that is ahead", with(func(r *Record) { r.At = now.Add(ahead) }), []Event{Purchased{"o1", 1_299_000, "CHF"}}, ""},
		{"tomorrow", with(func(r *Record) { r.At = now.Add(24 * time.Hour) }), nil, "/time in_the_future"},
		{"no id", with(func(r *Record) { r.ID = "" }), nil, "/id invalid_id"},
		{"no amount", with(func(r *Record) { r.Total = "much" }), nil, "/data/total/amount invalid_amount"},
		{"no currency", with(func(r *Record) { r.Currency = "chf" }), nil, "/data/total/currency invalid_currency"},
		{"no type", with(func(r *Record) { r.Type = "with words" }), nil, "/type invalid_type"},
		{"too much", Record{ID: "x", Type: "T", At: now, Now: now, Data: strings.Repeat("x", MaxData+1)}, nil, "/data too_long"},
	} {
		got, err := tc.when.Decide(new(State))
		if d := cmp.Diff(tc.then, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
		code := ""
		if err != nil {
			f := fault.From(err).Fields[0]
			code = f.Pointer + " " + f.Code
		}
		if code != tc.code {
			t.Errorf("%s: %q", tc.name, code)
		}
	}
}

// Sources tell in any order: the figures are the same.
func TestFiguresDoNotDependOnTheOrder(t *testing.T) {
	acts := []done{
		{Purchased{"1", 100 * unit, "CHF"}, now.Add(-30 * time.Hour)}, {Purchased{"2", 50*unit + 5000, "CHF"}, now.Add(-20 * time.Hour)}, {Purchased{"3", 10 * unit, "EUR"}, now.Add(-10 * time.Hour)},
		{TicketOpened{"t1", ""}, now.Add(-9 * time.Hour)}, {TicketResolved{"t1", ""}, now.Add(-8 * time.Hour)}, {TicketOpened{"t2", ""}, now.Add(-7 * time.Hour)}, {Recorded{"login", "x", ""}, now},
	}
	want := State{LastActivityAt: now, Activities: 7, Orders: 3, FirstPurchaseAt: now.Add(-30 * time.Hour), LastPurchaseAt: now.Add(-10 * time.Hour),
		Spent: map[string]Spent{"CHF": {2, 150*unit + 5000}, "EUR": {1, 10 * unit}}, Tickets: map[string]time.Time{"t2": now.Add(-7 * time.Hour)}, Resolved: []string{"t1"}}
	for range 200 {
		rand.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
		if d := cmp.Diff(want, fold(acts...)); d != "" {
			t.Fatal(d)
		}
	}
	acts[0].e = Purchased{"1", 1, "CHF"} // control
	if cmp.Equal(want, fold(acts...)) {
		t.Error("another amount is not seen")
	}
}

// The state before stays what it was: readers and later decisions share it.
func TestTheStateBeforeIsLeftAlone(t *testing.T) {
	base := []done{{Purchased{"1", unit, "CHF"}, now}, {TicketOpened{"t1", ""}, now}, {TicketOpened{"t2", ""}, now}, {TicketResolved{"t1", ""}, now}}
	for _, e := range []Event{Purchased{"2", unit, "CHF"}, TicketOpened{"t3", ""}, TicketResolved{"t2", ""}, Recorded{"login", "x", ""}} {
		before := fold(base...)
		after := before
		e.evolve(&after, event.Envelope{OccurredAt: now.Add(time.Hour)})
		if d := cmp.Diff(fold(base...), before); d != "" {
			t.Errorf("%T: %s", e, d)
		}
		if cmp.Equal(after, before) {
			t.Errorf("%T changed nothing", e)
		}
	}
}

func TestAmounts(t *testing.T) {
	for in, want := range map[string]string{"129.90": "129.90", "129.9": "129.90", "0.05": "0.05", "7": "7.00", "-3.5": "-3.50", "1.2345": "1.2345", "900000000": "900000000.00"} {
		a, err := ParseAmount(in)
		if got := a.In("CHF"); err != nil || got != want {
			t.Errorf("%s: %s %v", in, got, err)
		}
	}
	if a, _ := ParseAmount("1500"); a.In("JPY") != "1500" || a.In("KWD") != "1500.000" {
		t.Errorf("%s JPY, %s KWD", a.In("JPY"), a.In("KWD"))
	}
	for _, in := range []string{"", ".", "1.", ".5", "1,5", "1e3", "+1", "--1", "1.23456", "1000000000", " 1", "0x1", "١"} {
		if a, err := ParseAmount(in); err == nil {
			t.Errorf("%q is %d", in, a)
		}
	}
	for code, is := range map[string]bool{"CHF": true, "EUR": true, "chf": false, "XXX": false, "ZZZ": false, "": false} {
		if IsCurrency(code) != is {
			t.Errorf("%q", code)
		}
	}
}

func TestTheAggregateBuilds(t *testing.T) {
	if _, err := New(); err != nil {
		t.Error(err)
	}
}
