package index

import (
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// A listener hears of its customer alone, in order; one that does not listen
// keeps nobody waiting.
func TestListenersHearOfTheirCustomer(t *testing.T) {
	l, ada, grace := newLive(), uuid.New(), uuid.New()
	one, stop := l.Listen(ada)
	slow, stopSlow := l.Listen(ada)
	other, stopOther := l.Listen(grace)
	var heard []int64
	for position := range int64(3 * liveRoom) {
		l.hear([]eventstore.Record{{Envelope: event.Envelope{Position: 2 * position, Subject: ada}}, {Envelope: event.Envelope{Position: 2*position + 1, Subject: uuid.New()}}})
		heard = append(heard, (<-one)[0].Position)
	}
	for i, p := range heard {
		if p != int64(2*i) {
			t.Fatalf("heard %d as number %d", p, i)
		}
	}
	n := 0
	for range slow {
		n++
	}
	if n != liveRoom || len(other) != 0 {
		t.Errorf("the slow one has %d, the other %d", n, len(other))
	}
	stopSlow() // was cut off before
	stop()
	stopOther()
	if len(l.by) != 0 {
		t.Errorf("%d are left", len(l.by))
	}
}
