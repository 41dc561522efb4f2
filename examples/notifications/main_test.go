package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/acme/customers/client"
	"github.com/acme/customers/examples/internal/service"
)

func TestMain(m *testing.M) { os.Exit(service.Main(m)) }

// people are customers of a service, by what they want.
type people struct {
	*client.Client
	willing, closed, daily string
}

func invite(t *testing.T, c *client.Client) people {
	t.Helper()
	p := people{Client: c}
	for email, id := range map[string]*string{"willing@example.com": &p.willing, "closed@example.com": &p.closed, "daily@example.com": &p.daily} {
		made, err := c.RegisterCustomer(t.Context(), client.Registration{Email: email})
		if err != nil {
			t.Fatal(err)
		}
		*id = made.ID
	}
	_, err := c.PatchCommunicationPreferences(t.Context(), p.closed, client.CommunicationPatch{Email: client.To(false)})
	if err != nil {
		t.Fatal(err)
	}
	// One message a day, and one was sent just now.
	if _, err := c.PatchNotificationPreferences(t.Context(), p.daily, client.NotificationsPatch{AtMost: client.To(int64(1)), Period: client.To(client.PeriodDay)}); err != nil {
		t.Fatal(err)
	}
	return p
}

// grant lets newsletters be sent, which the example hears of.
func (p *people) grant(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if _, err := p.GrantConsent(t.Context(), id, "marketing", client.ConsentRecord{Source: client.ConsentSourceWeb}); err != nil {
			t.Fatal(err)
		}
	}
}

// reported counts the messages to a customer that are on record.
func (p *people) reported(t *testing.T, id string) (n int) {
	t.Helper()
	for e, err := range p.AllTimeline(t.Context(), id, client.GetTimelineParams{Type: "MessageSent", Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Type == "MessageSent" {
			n++
		}
	}
	return n
}

func checkPrivate(t *testing.T, printed string) {
	t.Helper()
	if strings.Contains(printed, "@") || strings.Contains(printed, "example.com") {
		t.Errorf("an address is printed:\n%s", printed)
	}
}

var scopes = []string{"contact:decide", "contact:report", "context:notifications"}

func TestCustomersAreToldAsFarAsTheyWant(t *testing.T) {
	s := service.Start(t)
	p := invite(t, s.Client(t, "admin"))
	reporter := s.Client(t, "service", "contact:report")
	if err := reporter.ReportMessage(t.Context(), p.daily, client.Message{Event: client.MessageEventSent, Channel: client.ChannelEmail, Topic: "newsletter", MessageID: "m-1"}); err != nil {
		t.Fatal(err)
	}
	start := func() *service.Example {
		return service.Run(t, func(ctx context.Context, out io.Writer) error { return run(ctx, nil, s.Env(t, scopes...), out) })
	}
	e := start()
	p.grant(t, p.willing, p.closed, p.daily)
	e.Await(t, p.willing+": sent newsletter\n")
	e.Await(t, p.closed+": denied newsletter, for channel_closed\n")
	e.Await(t, p.daily+": deferred newsletter until ")
	e.Stop(t)
	if sent, closed, daily := p.reported(t, p.willing), p.reported(t, p.closed), p.reported(t, p.daily); sent != 1 || closed != 0 || daily != 1 {
		t.Errorf("on record are %d, %d, %d messages", sent, closed, daily)
	}
	// What was handled does not come again; what is deferred is not lost with
	// the process, and does not come before its time.
	again := start()
	recorder := s.Client(t, "service", "activities:write")
	err := recorder.RecordActivity(t.Context(), p.daily, client.Activity{ID: "o-1", Source: "orders", Type: "OrderCompleted",
		Data: map[string]any{"total": map[string]string{"amount": "1", "currency": "EUR"}}})
	if err != nil {
		t.Fatal(err)
	}
	again.Await(t, p.daily+": sent orderUpdates\n") // which no limit holds back
	again.Stop(t)
	if printed := again.Printed(); strings.Contains(printed, "newsletter") {
		t.Errorf("after the restart:\n%s", printed)
	}
	checkPrivate(t, e.Printed()+again.Printed())
}

func TestACampaignAsksAboutAllAtOnce(t *testing.T) {
	s := service.Start(t)
	p := invite(t, s.Client(t, "admin"))
	p.grant(t, p.willing, p.closed, p.daily)
	const nobody = "01a20abb-5f0e-7d48-85f6-349c1cffc071"
	var out bytes.Buffer
	send := func(name string) string {
		t.Helper()
		out.Reset()
		if err := run(t.Context(), []string{"-campaign", name, "-topic", "newsletter", p.willing, p.closed, nobody, p.daily}, s.Env(t, scopes...), &out); err != nil {
			t.Fatal(err)
		}
		checkPrivate(t, out.String())
		return out.String()
	}
	want := p.willing + ": sent newsletter\n" + p.closed + ": denied newsletter, for channel_closed\n" + nobody + ": not_found (404)\n" + p.daily
	if printed := send("spring"); printed != want+": sent newsletter\n" {
		t.Errorf("printed:\n%s", printed)
	}
	if printed := send("summer"); !strings.HasPrefix(printed, want+": deferred newsletter until ") {
		t.Errorf("printed:\n%s", printed)
	}
	if n, m := p.reported(t, p.willing), p.reported(t, p.daily); n != 2 || m != 1 {
		t.Errorf("on record are %d and %d messages", n, m)
	}
}
