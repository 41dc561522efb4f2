package rule

import "time"

const (
	dayMicros = int64(24 * time.Hour / time.Microsecond)
)

// period is a calendar function of now. Everything is UTC.
type period uint8

const (
	instant period = iota // now itself
	day
	week // from Monday
	month
	year
)

// periods are the functions as a rule writes them.
var periods = map[string]period{"startOfDay": day, "startOfWeek": week, "startOfMonth": month, "startOfYear": year}

// start is the beginning of the period that t is in.
func (p period) start(t time.Time) time.Time {
	t = t.UTC()
	y, m, d := t.Date()
	switch p {
	case day:
	case week:
		d -= int(t.Weekday()+6) % 7
	case month:
		d = 1
	case year:
		m, d = time.January, 1
	default:
		return t.Truncate(time.Microsecond)
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// first is the first instant whose start is t or later.
func (p period) first(t time.Time) time.Time {
	s := p.start(t)
	if !s.Before(t) {
		return s
	}
	switch p {
	case day:
		return s.AddDate(0, 0, 1)
	case week:
		return s.AddDate(0, 0, 7)
	case month:
		return s.AddDate(0, 1, 0)
	case year:
		return s.AddDate(1, 0, 0)
	}
	return t
}

// dayOf counts the days since 1970, in UTC.
func dayOf(t time.Time) int64 {
	secs := t.Unix()
	days := secs / 86400
	if secs%86400 < 0 {
		days--
	}
	return days
}

func dateOf(days int64) time.Time { return time.Unix(days*86400, 0).UTC() }

// bornBy is the last day on which somebody who has completed so many years
// today can be born. Who was born on February 29 completes a year on March 1
// where there is no such day.
func bornBy(today time.Time, years int) int64 {
	y, m, d := today.UTC().Date()
	born := time.Date(y-years, m, d, 0, 0, 0, 0, time.UTC)
	if born.Day() != d { // today is a February 29, that year had none
		born = time.Date(y-years, m, d-1, 0, 0, 0, 0, time.UTC)
	}
	return dayOf(born)
}

// completes is the day on which somebody completes so many years. A day that
// its year does not have is the next one: time.Date says so.
func completes(born int64, years int) time.Time {
	y, m, d := dateOf(born).Date()
	return time.Date(y+years, m, d, 0, 0, 0, 0, time.UTC)
}

// age is how many years somebody has completed, negative before birth.
func age(born int64, today time.Time) int64 {
	years := today.UTC().Year() - dateOf(born).Year()
	if completes(born, years).After(today) {
		years--
	}
	return int64(years)
}
