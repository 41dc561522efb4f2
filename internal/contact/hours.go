package contact

import (
	"time"

	"github.com/acme/customers/internal/customer"
)

// frequency: whoever wants a digest gets what there is at its next time.
func (a *asked) frequency() {
	p := a.prefers("notifications.frequency")
	local := a.At.In(a.zone)
	switch p.Value {
	case "daily":
		a.digest(p, time.Date(local.Year(), local.Month(), local.Day(), digestHour, 0, 0, 0, a.zone), 1)
	case "weekly":
		monday := local.Day() - (int(local.Weekday())+6)%7
		a.digest(p, time.Date(local.Year(), local.Month(), monday, digestHour, 0, 0, 0, a.zone), 7)
	}
}

// digestHour is when digests go out, in the customer's time zone, or when it
// wakes after that; what is sent within an hour of it is one.
const digestHour = 9

func (a *asked) digest(p customer.Preference, due time.Time, days int) {
	q := a.quietHours()
	for due = due.AddDate(0, 0, -days); ; due = due.AddDate(0, 0, days) { // that of the day before may go out today
		at := q.awake(due)
		if !a.At.Before(at) && a.At.Before(at.Add(time.Hour)) {
			a.say("frequency", Allow, "digest", a.chosen(p), time.Time{})
			return
		}
		if a.At.Before(at) {
			a.say("frequency", Defer, "digest", a.chosen(p), at.UTC())
			return
		}
	}
}

// quiet hours may go over midnight. The clock that counts is the customer's.
func (a *asked) quiet() {
	q := a.quietHours()
	switch {
	case q.from == q.to:
	case q.within(a.At):
		a.say("quiet_hours", Defer, "quiet", a.chosen(a.prefers("notifications.quietFrom")), q.awake(a.At).UTC())
	default:
		a.say("quiet_hours", Allow, "awake", a.chosen(a.prefers("notifications.quietFrom")), time.Time{})
	}
}

// hours are quiet ones: from a time of day, in minutes, up to another. Equal
// ones are none.
type hours struct {
	from, to int
	zone     *time.Location
}

func (a *asked) quietHours() hours {
	from, ok1 := minutes(a.prefers("notifications.quietFrom").Value)
	to, ok2 := minutes(a.prefers("notifications.quietTo").Value)
	if !ok1 || !ok2 || a.Channel == customer.MailChannel { // a letter wakes nobody
		return hours{zone: a.zone}
	}
	return hours{from, to, a.zone}
}

// minutes reads "22:00"; it was checked when it was chosen.
func minutes(v any) (int, bool) {
	s, ok := v.(string)
	if !ok || len(s) != len("15:04") {
		return 0, false
	}
	return int(s[0]-'0')*600 + int(s[1]-'0')*60 + int(s[3]-'0')*10 + int(s[4]-'0'), true
}

func (h hours) within(at time.Time) bool {
	local := at.In(h.zone)
	now := local.Hour()*60 + local.Minute()
	if h.from <= h.to {
		return now >= h.from && now < h.to
	}
	return now >= h.from || now < h.to
}

// awake is the first instant from at on that is not quiet. While the zone's
// offset does not change a day has all its minutes, once; where it changes, the
// clock may jump over the end of the quiet hours, or show some of them again.
func (h hours) awake(at time.Time) time.Time {
	for range 10 { // more changes than any zone has within two days
		if h.from == h.to || !h.within(at) {
			break
		}
		local := at.In(h.zone)
		midnight := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
		left := time.Duration(h.to)*time.Minute - midnight
		if left <= 0 {
			left += 24 * time.Hour
		}
		end := at.Add(left)
		if _, change := local.ZoneBounds(); !change.IsZero() && change.Before(end) {
			end = change
		}
		at = end
	}
	return at
}
