package rule

import "time"

// Customer is one customer as rules see it. Only the fields that a rule
// mentions are asked for, and only those whose kind is that of the method.
type Customer interface {
	Text(ID) string    // "" is unknown
	Texts(ID) []string // not changed, not kept
	Number(ID) int64
	Truth(ID) bool
	Time(ID) int64                         // microseconds since 1970; 0 is unknown
	DateOfBirth() (days int64, known bool) // days since 1970
	Consent(purpose string) string         // "" is none
	Attribute(key string) any              // string, finite float64 or bool; nil is none
	Total(currency string) float64         // finite; 0 is none
}

// The times that a rule can know. Between them no difference of two overflows
// a duration, which would make a comparison fail rather than answer.
var (
	afterTimes = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	firstDay   = dayOf(time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC))
	afterDays  = dayOf(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
)

// KnownTime reports whether a rule knows a time: from 1970 to 2200. Any other
// is unknown, to Columns as well.
func KnownTime(micros int64) bool { return micros > 0 && micros < afterTimes }

// LastTime is the last that it knows; the first is 1.
func LastTime() int64 { return afterTimes - 1 }

// KnownDay reports the same of a date of birth, in days since 1970: from 1800
// to 2200.
func KnownDay(days int64) bool { return days >= firstDay && days < afterDays }

// timeOf gives a time, if it is known.
func timeOf(c Customer, id ID) (int64, bool) {
	at := c.Time(id)
	return at, KnownTime(at)
}

func bornOn(c Customer) (int64, bool) {
	days, known := c.DateOfBirth()
	return days, known && KnownDay(days)
}

func consentOf(c Customer, purpose string) string {
	if status := c.Consent(purpose); status != "" {
		return status
	}
	return notRequested
}

// known is what has() asks: is there a value? Consents and totals always have one.
func known(c Customer, ref Ref) bool {
	switch ref.Field().Kind {
	case Text:
		return c.Text(ref.ID) != ""
	case Texts:
		return len(c.Texts(ref.ID)) > 0
	case Time:
		_, ok := timeOf(c, ref.ID)
		return ok
	case Years:
		_, ok := bornOn(c)
		return ok
	case Attribute:
		return c.Attribute(ref.Key) != nil
	}
	return true
}
