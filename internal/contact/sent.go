package contact

import (
	"strconv"
	"time"

	"github.com/acme/customers/internal/message"
)

func (a *asked) messagesVersion() string { return "message/" + strconv.FormatInt(a.who.Told, 10) }

// suppression: what bounces gets nowhere; who complained gets what it must.
func (a *asked) suppression() {
	by := a.who.Messages.Stops(a.Channel, a.who.State.Reaches(a.Channel))
	if by == nil || by.Cause != message.Bounced && a.topic != nil && a.topic.Mandatory {
		return
	}
	a.say("suppression", Deny, string(by.Cause), "message/"+strconv.FormatInt(by.Version, 10), time.Time{})
}

// periods slide: "at most three a week" holds for any seven days. A month has
// thirty.
var periods = map[any]time.Duration{"day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour}

// atMost counts what was sent through all channels together.
func (a *asked) atMost() {
	p := a.prefers("notifications.atMost")
	most, ok := p.Value.(float64)
	period := periods[a.prefers("notifications.period").Value]
	if !ok || period == 0 {
		return
	}
	if sent, ok := a.who.Messages.Nth(int(most), a.At); ok && sent.Add(period).After(a.At) {
		a.say("frequency", Defer, "at_most", a.messagesVersion(), sent.Add(period))
		return
	}
	a.say("frequency", Allow, "below_at_most", a.chosen(p), time.Time{})
}
