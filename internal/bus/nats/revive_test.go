package nats

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/acme/customers/internal/bus"
)

// A server whose store failed is started again after failures in a row, and
// the connection finds the new one, with what was stored before.
func TestAServerThatDoesNotStoreIsStartedAgain(t *testing.T) {
	b, err := Open(Config{Name: "test", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	p := b.Publisher(b.Published(0))
	mark, err := p.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	message := func(position int64) []bus.Message {
		return []bus.Message{{Subject: bus.SubjectPrefix + "Test", Position: position, Data: []byte(`{}`)}}
	}
	end, err := p.Publish(t.Context(), mark.Sequence, message(1))
	if err != nil {
		t.Fatal(err)
	}
	before := b.now()
	b.published(errors.New("no space left"))
	b.published(nil) // one failure alone is nothing
	b.published(errors.New("no space left"))
	if b.now() != before {
		t.Fatal("started again without failures in a row")
	}
	back := b.conn.StatusChanged(nats.CONNECTED)
	b.published(errors.New("no space left"))
	if b.now() == before {
		t.Fatal("not started again")
	}
	<-back
	if end2, err := p.Publish(t.Context(), end, message(2)); err != nil || end2 != end+1 {
		t.Fatalf("after the restart: end %d, %v", end2, err)
	}
}
