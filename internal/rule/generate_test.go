package rule

import (
	"fmt"
	"time"

	"pgregory.net/rapid"
)

// Rules and customers of a small world, so that they meet: few values, edges of
// days and years, and much that is not known.
var (
	someTexts   = []string{"", "DE", "AT", "de"}
	someTags    = []string{"a", "b", "vip"}
	someKeys    = []string{"k", "l"}
	someNumbers = []int64{0, 1, 2, 5}
	someTimes   = []string{"2023-12-31T23:59:59.999999Z", "2024-01-01T00:00:00Z", "2024-02-29T12:00:00Z", "2024-03-01T00:00:00Z", "2024-03-04T00:00:00.000001Z", "2025-02-28T23:00:00Z"}
	someSpans   = []string{"0s", "1us", "24h", "-24h", "720h", "8784h", "90m"}
	someBirths  = []string{"2004-02-29", "2005-03-01", "2005-02-28", "2006-12-31", "2030-01-01"}
	compares    = []string{"<", "<=", ">", ">="}
	textFields  = []string{"customer.country", "customer.profile.language", "customer.preferences.display.theme"}
	timeFields  = []string{"customer.registeredAt", "customer.orders.lastAt", "customer.lastActivityAt"}
	nows        = []string{"now", "startOfDay(now)", "startOfWeek(now)", "startOfMonth(now)", "startOfYear(now)"}
)

func one[T any](t *rapid.T, of []T) T { return of[rapid.IntRange(0, len(of)-1).Draw(t, "pick")] }

// drawRule writes a rule of so many levels.
func drawRule(t *rapid.T, depth int) string {
	if depth == 0 {
		return drawAtom(t)
	}
	a := func() string { return drawRule(t, depth-1) }
	switch rapid.IntRange(0, 7).Draw(t, "shape") {
	case 0, 1:
		return "(" + a() + " && " + a() + ")"
	case 2, 3:
		return "(" + a() + " || " + a() + ")"
	case 4:
		return "!(" + a() + ")"
	case 5:
		return "(" + a() + " ? " + a() + " : " + a() + ")"
	case 6:
		return "((" + a() + ") == (" + drawAtom(t) + "))"
	}
	return drawAtom(t)
}

func drawAtom(t *rapid.T) string {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1, 2:
		return drawTimed(t)
	case 3, 4:
		return drawAttribute(t)
	case 5:
		return drawLeftover(t)
	}
	return drawPlain(t)
}

// drawTimed writes a comparison of a time, or of the age.
func drawTimed(t *rapid.T) string {
	f, now, op, span := one(t, timeFields), one(t, nows), one(t, compares), fmt.Sprintf("duration(%q)", one(t, someSpans))
	n := rapid.IntRange(0, 21).Draw(t, "years")
	return one(t, []string{
		fmt.Sprintf("%s - %s %s %s", now, f, op, span),
		fmt.Sprintf("%s - %s %s %s", f, now, op, span),
		fmt.Sprintf("%s %s %s - %s", span, op, now, f),
		fmt.Sprintf("%s + %s %s %s", f, span, op, now),
		fmt.Sprintf("%s %s %s + %s", f, op, now, span),
		fmt.Sprintf("%s - %s %s %s + %s", now, span, op, span, f),
		fmt.Sprintf("%s %s %s", now, op, f),
		fmt.Sprintf("%s %s timestamp(%q)", f, op, one(t, someTimes)),
		fmt.Sprintf("timestamp(%q) %s %s", one(t, someTimes), one(t, []string{"==", "!=", "<"}), f),
		fmt.Sprintf("customer.age %s %d", op, n), fmt.Sprintf("%d %s customer.age", n, op),
		fmt.Sprintf("customer.age == %d", n), fmt.Sprintf("customer.age != %d", n), fmt.Sprintf("customer.age in [%d, %d]", n, n+2),
	})
}

func drawAttribute(t *rapid.T) string {
	key := one(t, someKeys)
	a := one(t, []string{`customer.attributes.` + key, `customer.attributes["` + key + `"]`})
	op := one(t, []string{"==", "!="})
	return one(t, []string{
		a + " " + op + ` "` + one(t, someTexts) + `"`, a + " " + op + " true", a + " " + op + " false", a + " " + op + " 2", "1.5 " + op + " " + a,
		a + " " + one(t, compares) + " 2", "1.5 " + one(t, compares) + " " + a, a + " in [1, 2]", a + ` in ["", "DE"]`, a + ` in [1.5, true, "DE"]`,
		a + " || false", "!" + a, "(" + a + " ? true : false)", a + ` < "DE"`, a + " == customer.country",
		"has(customer.attributes." + key + ")", `"` + key + `" in customer.attributes`,
	})
}

// drawLeftover writes what no column answers.
func drawLeftover(t *rapid.T) string {
	return one(t, []string{
		`customer.country.startsWith("D")`, `customer.profile.language.matches("^d")`, `customer.country < "B"`,
		`customer.orders.count + customer.tickets.open > 3`, `customer.orders.count / customer.tickets.open > 1`, `customer.orders.count > 1.5`,
		`size(customer.tags) > 1`, `customer.tags.exists(t, t == customer.country || t == "a")`, `customer.tags.all(t, customer.attributes.k == t)`,
		`customer.orders.lastAt - customer.registeredAt > duration("24h")`, `customer.registeredAt.getFullYear() == 2024`,
		`customer.orders.lastAt < customer.registeredAt`, `customer.country in [customer.profile.language, "AT"]`,
		`(customer.country + "x") in ["DEx"]`, `[1, 2].exists(i, i == customer.orders.count)`,
	})
}

func drawPlain(t *rapid.T) string {
	text, number := fmt.Sprintf("%q", one(t, someTexts)), fmt.Sprint(one(t, someNumbers))
	f := one(t, textFields)
	op := one(t, append(compares, "==", "!="))
	return one(t, []string{
		f + " == " + text, text + " != " + f, f + ` in ["DE", ""]`, "has(" + f + ")",
		"customer.orders.count " + op + " " + number, number + " " + op + " customer.tickets.open", "customer.orders.count in [1, 5]",
		`customer.orders.total["EUR"] ` + op + " 2.0", `customer.orders.total["EUR"] > 1`,
		`customer.status == "active"`, `customer.status in ["active", "pending"]`,
		`"` + one(t, someTags) + `" in customer.tags`, `"vip" in customer.segments`, "has(customer.tags)",
		`customer.consents["marketing"] == "granted"`, `customer.consents.marketing != "notRequested"`, `customer.consents["marketing"] in ["notRequested", "denied"]`,
		"customer.email.verified", "customer.email.verified == false", "customer.email.present != true",
		"has(customer.age)", "has(customer.orders.lastAt)", "has(customer.orders.count)", "true", "false",
	})
}

func drawPerson(t *rapid.T) *person {
	p := &person{texts: map[ID]string{}, lists: map[ID][]string{}, numbers: map[ID]int64{}, truths: map[ID]bool{}, times: map[ID]int64{},
		consents: map[string]string{}, attributes: map[string]any{}, totals: map[string]float64{}}
	for _, id := range []ID{Country, LocaleLanguage, DisplayTheme} {
		p.texts[id] = one(t, someTexts)
	}
	p.texts[Status] = one(t, statuses)
	for _, tag := range someTags {
		if rapid.Bool().Draw(t, "tagged") {
			p.lists[Tags] = append(p.lists[Tags], tag)
		}
	}
	if rapid.Bool().Draw(t, "vip") {
		p.lists[Segments] = []string{"vip"}
	}
	p.numbers[OrderCount], p.numbers[OpenTickets] = one(t, someNumbers), one(t, someNumbers)
	p.truths[EmailVerified], p.truths[EmailPresent] = rapid.Bool().Draw(t, "verified"), rapid.Bool().Draw(t, "present")
	for _, id := range []ID{RegisteredAt, LastOrderAt, LastActivityAt} {
		p.times[id] = drawTime(t)
	}
	p.born, p.bornKnown = born(one(t, someBirths)), rapid.IntRange(0, 3).Draw(t, "born") > 0
	p.consents["marketing"] = one(t, append([]string{""}, answers...))
	for _, key := range someKeys {
		p.attributes[key] = one(t, []any{nil, "", "DE", 1.5, 2.0, true, false})
	}
	p.totals["EUR"] = one(t, []float64{0, 1.5, 2, 3})
	return p
}

func drawTime(t *rapid.T) int64 {
	switch rapid.IntRange(0, 4).Draw(t, "when") {
	case 0:
		return one(t, []int64{0, -1, afterTimes, 1, afterTimes - 1})
	case 1:
		return drawNow(t).UnixMicro()
	}
	return micros(one(t, someTimes))
}

func drawNow(t *rapid.T) time.Time {
	now := at(one(t, someTimes)).Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "by")) * time.Microsecond)
	return now.Add(time.Duration(one(t, []int{0, 0, 1, 30})) * 24 * time.Hour)
}
