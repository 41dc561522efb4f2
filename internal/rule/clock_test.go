package rule

import (
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// When a clock strikes for a value, to the microsecond.
func TestAClockStrikesAtItsInstant(t *testing.T) {
	for _, row := range []struct{ rule, value, when string }{
		{`now - customer.registeredAt < duration("720h")`, "2024-02-01T00:00:00Z", "2024-03-02T00:00:00Z"},
		{`now - customer.registeredAt <= duration("720h")`, "2024-02-01T00:00:00Z", "2024-03-02T00:00:00.000001Z"},
		{`now - customer.registeredAt > duration("720h")`, "2024-02-01T00:00:00Z", "2024-03-02T00:00:00.000001Z"},
		{`now - customer.registeredAt >= duration("720h")`, "2024-02-01T00:00:00Z", "2024-03-02T00:00:00Z"},
		{`customer.registeredAt > now`, "2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z"},
		{`customer.registeredAt >= now`, "2024-02-01T00:00:00Z", "2024-02-01T00:00:00.000001Z"},
		{`customer.registeredAt >= startOfDay(now)`, "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"},
		{`customer.registeredAt > startOfDay(now)`, "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
		{`customer.registeredAt >= startOfWeek(now)`, "2024-02-25T23:59:59Z", "2024-02-26T00:00:00Z"}, // a Sunday
		{`customer.registeredAt >= startOfWeek(now)`, "2024-02-26T00:00:00Z", "2024-03-04T00:00:00Z"}, // a Monday
		{`customer.registeredAt >= startOfMonth(now)`, "2024-01-31T12:00:00Z", "2024-02-01T00:00:00Z"},
		{`customer.registeredAt >= startOfYear(now)`, "2023-12-31T23:59:59.999999Z", "2024-01-01T00:00:00Z"},
		{`customer.registeredAt >= startOfYear(now) - duration("24h")`, "2023-12-30T23:59:59Z", "2024-01-01T00:00:00Z"},
		{`customer.registeredAt >= startOfYear(now) - duration("24h")`, "2023-12-31T00:00:00Z", "2025-01-01T00:00:00Z"},
	} {
		clocks := compile(t, row.rule).Clocks()
		if got := clocks[0].When(micros(row.value)); len(clocks) != 1 || !got.Equal(at(row.when)) {
			t.Errorf("%s of %s strikes at %s, not %s", row.rule, row.value, got.Format(time.RFC3339Nano), row.when)
		}
	}
}

func TestAYearIsCompletedOnTheBirthday(t *testing.T) {
	for _, row := range []struct {
		born, today string
		age         int64
	}{
		{"2004-02-29", "2025-02-28T23:59:59.999999Z", 20}, {"2004-02-29", "2025-03-01T00:00:00Z", 21},
		{"2004-02-29", "2024-02-28T23:00:00Z", 19}, {"2004-02-29", "2024-02-29T00:00:00Z", 20},
		{"2003-03-01", "2024-02-29T12:00:00Z", 20}, {"2003-02-28", "2024-02-28T00:00:00Z", 21},
		{"2000-02-29", "2100-02-28T12:00:00Z", 99}, {"2000-02-29", "2100-03-01T00:00:00Z", 100}, // 2100 is no leap year
		{"1999-12-31", "2024-12-30T23:59:59Z", 24}, {"2024-01-01", "2024-01-01T00:00:00Z", 0}, {"2024-01-02", "2024-01-01T00:00:00Z", -1},
	} {
		if got := age(born(row.born), at(row.today)); got != row.age {
			t.Errorf("born on %s, at %s: %d", row.born, row.today, got)
		}
	}
}

// The last day to be born on agrees with counting years, for every age.
func TestTheCutoffOfAnAgeAgreesWithCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		today := time.Unix(rapid.Int64Range(0, 7e9).Draw(t, "today"), 0)
		who, years := rapid.Int64Range(dayOf(today)-40000, dayOf(today)).Draw(t, "born"), rapid.IntRange(0, 110).Draw(t, "years")
		if (age(who, today) >= int64(years)) != (who <= bornBy(today, years)) {
			t.Fatalf("born on %s, at %s: %d", dateOf(who), today, age(who, today))
		}
	})
}

// The start of a period and its first instant are each other's inverse.
func TestAPeriodBeginsWhereItsFirstInstantIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := period(rapid.IntRange(int(instant), int(year)).Draw(t, "period"))
		bound := time.UnixMicro(rapid.Int64Range(0, afterTimes).Draw(t, "bound"))
		first := p.first(bound)
		if p.start(first).Before(bound) || !p.start(first.Add(-time.Microsecond)).Before(bound) {
			t.Fatalf("period %d begins for %s at %s", p, bound.UTC(), first)
		}
	})
}

func TestARuleIsAskedByManyAtATime(t *testing.T) {
	r := compile(t, heavyRule)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if !r.Match(adaRecord(), noon) || r.Match(nobody, noon) || r.Select(people{ada, nobody}, noon).Contains(1) {
					t.Error("answers otherwise")
				}
			}
		})
	}
	wg.Wait()
}
