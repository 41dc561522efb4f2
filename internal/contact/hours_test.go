package contact

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/message"
)

// sleeper is a customer with preferences, in a zone, who gets one message for
// every that is allowed.
func sleeper(zone string, p customer.Preferences) *Customer {
	return &Customer{Messages: new(message.State), Consents: new(consent.State),
		State: &customer.State{Status: customer.Active, Email: customer.Email{Address: "a@b.example"}, Profile: customer.Profile{Timezone: zone}, Preferences: p}}
}

func may(c *Customer, at time.Time) Decision {
	return rules.Decide(Question{Channel: "email", Purpose: "service", At: at}, c)
}

var everywhere = []string{"UTC", "Europe/Zurich", "America/New_York", "America/Havana", "Atlantic/Azores", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"}

// Quiet hours end at the first instant that is not quiet, across every change
// of the clocks of a year, by the simplest program that could be right.
func TestQuietHoursEndWhenTheClockSaysSo(t *testing.T) {
	for _, zone := range everywhere {
		for _, pair := range [][2]string{{"22:00", "01:30"}, {"22:00", "02:30"}, {"22:00", "00:30"}, {"21:00", "00:00"}, {"21:00", "07:00"}, {"01:00", "03:00"}, {"00:00", "23:59"}} {
			c := sleeper(zone, customer.Preferences{"notifications.quietFrom": pair[0], "notifications.quietTo": pair[1]})
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			quiet := func(at time.Time) bool {
				now := at.In(loc).Format("15:04")
				if pair[0] < pair[1] {
					return now >= pair[0] && now < pair[1]
				}
				return now >= pair[0] || now < pair[1]
			}
			var end time.Time // of the quiet hours that at is in; going back from the end of the year
			for at := time.Date(2027, 1, 3, 0, 0, 0, 0, time.UTC); at.Year() > 2025; at = at.Add(-10 * time.Minute) {
				if !quiet(at) {
					end = at
					continue
				}
				if end.IsZero() {
					continue
				}
				if d := may(c, at); d.Outcome != Defer || !d.Until.Equal(end) && quiet(d.Until) || d.Until.After(end) || quiet(d.Until) {
					t.Fatalf("%s, quiet from %s to %s: asked at %s, %s until %s, expected %s", zone, pair[0], pair[1], at.In(loc), d.Outcome, d.Until.In(loc), end.In(loc))
				}
			}
		}
	}
}

// Whoever waits as long as he is told may send at last, whatever the customer
// wants at once: digests in its sleep, and few of them.
func TestDeferralsEnd(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	clock := func() string { return fmt.Sprintf("%02d:%02d", random.IntN(24), random.IntN(60)) }
	worst := 0
	for range 3000 {
		p := customer.Preferences{"notifications.frequency": pick("daily", "weekly", "realTime"), "notifications.quietFrom": clock(), "notifications.quietTo": clock(),
			"notifications.atMost": float64(1 + random.IntN(3)), "notifications.period": pick("day", "week", "month")}
		c := sleeper(pick(everywhere...), p)
		at := noon.Add(time.Duration(random.Int64N(int64(365 * 24 * time.Hour))))
		for n := range 4 {
			c.Messages.Sent = append(c.Messages.Sent, message.Sent{At: at.Add(time.Duration(n-4) * time.Hour), Counts: true})
		}
		steps := 0
		for d := may(c, at); d.Outcome == Defer; d = may(c, at) {
			if steps++; !d.Until.After(at) || steps > 20 {
				t.Fatalf("%v at %s: deferred until %s", p, at, d.Until)
			}
			at = d.Until
		}
		worst = max(worst, steps)
	}
	if worst < 2 {
		t.Error("the preferences never stood in each other's way")
	}
}
