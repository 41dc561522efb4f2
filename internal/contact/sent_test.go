package contact

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/message"
)

func wants(most float64, period string) *Customer {
	return &Customer{Version: 7, Told: 9, Messages: new(message.State), Consents: granted(consent.Granted, "2", time.Time{}),
		State: &customer.State{Status: customer.Active, Email: customer.Email{Address: "a@b.example"},
			Preferences: customer.Preferences{"notifications.atMost": most, "notifications.period": period}}}
}

var offers = Question{Channel: "email", Topic: "offers", At: noon}

func TestEnoughIsEnough(t *testing.T) {
	ada := wants(2, "week")
	for _, days := range []int{8, 6, 1} {
		ada.Messages.Sent = append(ada.Messages.Sent, message.Sent{At: noon.AddDate(0, 0, -days), Counts: true})
	}
	ada.Messages.Sent = append(ada.Messages.Sent, message.Sent{At: noon}) // an order update
	d := rules.Decide(offers, ada)
	last := d.Reasons[len(d.Reasons)-1]
	if want := noon.AddDate(0, 0, 1); d.Outcome != Defer || !d.Until.Equal(want) || last != (Reason{"frequency", Defer, "at_most", "message/9", want}) {
		t.Errorf("%+v", d)
	}
	for q, want := range map[Question]Outcome{
		{Channel: "email", Topic: "offers", At: d.Until}:         Allow, // as it was told
		{Channel: "email", Topic: "offers", At: d.Until.Add(-1)}: Defer,
		{Channel: "email", Topic: "orderUpdates", At: noon}:      Allow,
	} {
		if d := rules.Decide(q, ada); d.Outcome != want {
			t.Errorf("%s at %s: %+v", q.Topic, q.At, d)
		}
	}
}

// Whoever asks before each message never sends more than is wanted in any
// period, and is never kept waiting when there is room.
func TestNoWindowHasMoreThanIsWanted(t *testing.T) {
	for period, length := range periods {
		for most := 1; most < 5; most++ {
			if worst := busiest(most, period.(string), length, true); worst != most {
				t.Errorf("at most %d a %s: one had %d", most, period, worst)
			}
		}
	}
	if worst := busiest(2, "week", 7*24*time.Hour, false); worst <= 2 { // control
		t.Error("who does not ask is not seen")
	}
}

// busiest sends at random times, whenever it may, and gives the most messages
// that any window had; -1 when a deferral ended later than it was told.
func busiest(most int, period string, length time.Duration, asks bool) (worst int) {
	ada, random, at := wants(float64(most), period), rand.New(rand.NewPCG(uint64(most), uint64(length))), noon
	decide := func() Decision {
		return rules.Decide(Question{Channel: "email", Purpose: "service", At: at}, ada)
	}
	for range 400 {
		at = at.Add(time.Duration(random.Int64N(int64(length) / 3)))
		d := decide()
		if asks && d.Outcome != Allow {
			if random.IntN(2) == 0 {
				continue
			}
			at = d.Until
			if decide().Outcome != Allow {
				return -1
			}
		}
		ada.Messages.Sent = append(ada.Messages.Sent, message.Sent{At: at, Counts: true})
	}
	for i, first := range ada.Messages.Sent {
		n := 0
		for _, m := range ada.Messages.Sent[i:] {
			if m.At.Before(first.At.Add(length)) {
				n++
			}
		}
		worst = max(worst, n)
	}
	return worst
}

func TestSuppression(t *testing.T) {
	for _, tc := range []struct {
		cause       message.Cause
		about       string
		offers, due Outcome
	}{
		{message.Bounced, "a@b.example", Deny, Deny}, // it would not get there
		{message.Bounced, "old@b.example", Allow, Allow},
		{message.Complained, "", Deny, Allow},
		{message.Manual, "", Deny, Allow},
	} {
		ada := wants(100, "day")
		ada.Messages.Suppressed = []message.Suppression{{Channel: "email", Cause: tc.cause, Address: tc.about, Version: 4}, {Channel: "sms", Cause: message.Bounced}}
		for topic, want := range map[string]Outcome{"offers": tc.offers, "orderUpdates": tc.due} {
			d := rules.Decide(Question{Channel: "email", Topic: topic, At: noon}, ada)
			found := false
			for _, r := range d.Reasons {
				found = found || r == Reason{"suppression", Deny, string(tc.cause), "message/4", time.Time{}}
			}
			if d.Outcome != want || found != (want == Deny) {
				t.Errorf("%s of %q, %s: %+v", tc.cause, tc.about, topic, d)
			}
		}
	}
}
