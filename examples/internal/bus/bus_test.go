package bus

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// delivery is a message that remembers what the broker was told.
type delivery struct {
	jetstream.Msg
	data, told string
	lost       bool // the broker cannot be told
}

func (d *delivery) Data() []byte { return []byte(d.data) }
func (d *delivery) Term() error  { d.told = "never"; return nil }
func (d *delivery) NakWithDelay(after time.Duration) error {
	d.told = fmt.Sprint("after ", after)
	return nil
}

func (d *delivery) DoubleAck(context.Context) error {
	if d.told = "done"; d.lost {
		return errors.New("lost")
	}
	return nil
}

func TestWhatTheBrokerIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that time stands still
		const event = `{"id":"e-1"}`
		for name, c := range map[string]struct {
			delivery
			err    error
			told   string
			failed string
		}{
			"handled":         {delivery{data: event}, nil, "done", ""},
			"for later":       {delivery{data: event}, fmt.Errorf("not yet: %w", Later{time.Now().Add(9 * time.Hour)}), "after 9h0m0s", ""},
			"for later, past": {delivery{data: event}, Later{time.Now().Add(-time.Hour)}, "after 0s", ""},
			"failed":          {delivery{data: event}, errors.New("no"), "after 2s", "e-1 no"},
			"no event":        {delivery{data: `<p>`}, nil, "never", ""},
			"not told":        {delivery{data: event, lost: true}, nil, "done", "e-1 lost"},
		} {
			failed := ""
			Consumer{Failed: func(id string, err error) { failed = id + " " + err.Error() }}.take(t.Context(), &c.delivery, func(context.Context, Event) error { return c.err })
			if c.delivery.told != c.told || failed != c.failed {
				t.Errorf("%s: the broker is told %q, we %q", name, c.delivery.told, failed)
			}
		}
	})
}

func TestNamesAndPurposes(t *testing.T) {
	e := Event{Type: "acme.customers.ConsentGranted.v1", Data: []byte(`{"fields":{"evidence":{"purpose":"marketing"}}}`)}
	if e.Name() != "ConsentGranted" || e.Purpose() != "marketing" {
		t.Errorf("%s about %s", e.Name(), e.Purpose())
	}
	other := Event{Type: "odd", Data: []byte(`[]`)}
	if other.Name() != "odd" || other.Purpose() != "" {
		t.Errorf("%s about %s", other.Name(), other.Purpose())
	}
}
