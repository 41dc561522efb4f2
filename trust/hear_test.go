package trust

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/scan"
)

// heard is a message as a consumer has it.
type heard struct {
	published
	raw string
}

func (h heard) name() string {
	return strings.TrimSuffix(strings.TrimPrefix(h.Type, "acme.customers."), ".v1")
}

// listener is a service with a durable consumer of published events.
type listener struct {
	c   jetstream.Consumer
	all []heard
}

// listen makes a durable consumer of some events; none are all.
func (p *platform) listen(t *testing.T, user string, events ...string) *listener {
	t.Helper()
	_, js := p.on(t, user)
	cfg := jetstream.ConsumerConfig{Durable: user, AckPolicy: jetstream.AckExplicitPolicy}
	for _, e := range events {
		cfg.FilterSubjects = append(cfg.FilterSubjects, "customers.v1."+e)
	}
	c, err := js.CreateConsumer(t.Context(), "customers", cfg)
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	return &listener{c: c}
}

// resume takes the same durable consumer up again, on another connection.
func (p *platform) resume(t *testing.T, user string, l *listener) {
	t.Helper()
	_, js := p.on(t, user)
	var err error
	if l.c, err = js.Consumer(t.Context(), "customers", user); err != nil {
		t.Fatalf("%s: %v", user, err)
	}
}

// hear reads on from where the consumer was, up to the end.
func (l *listener) hear(t *testing.T) []heard {
	t.Helper()
	for {
		info, err := l.c.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.NumPending == 0 {
			return l.all
		}
		batch, err := l.c.Fetch(int(min(info.NumPending, 500)), jetstream.FetchMaxWait(10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			l.all = append(l.all, heard{read(t, m), m.Subject() + fmt.Sprint(m.Headers()) + string(m.Data())})
			if err := m.DoubleAck(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// disorder lists what is wrong with what was heard: an event twice, one behind
// a later one, or, for whoever hears all, one that is missing in its stream.
func disorder(all []heard, whole bool) (wrong []string) {
	last, versions, ids := 0, map[string]int64{}, map[string]bool{}
	for _, h := range all {
		n, err := strconv.Atoi(h.Position)
		stream := h.Data.Aggregate + "/" + h.Data.AggregateID
		switch before := versions[stream]; {
		case err != nil || h.Customer == "" || h.Data.Aggregate == "":
			wrong = append(wrong, fmt.Sprintf("position %s is of nobody", h.Position))
		case ids[h.ID]:
			wrong = append(wrong, fmt.Sprintf("position %d comes twice", n))
		case n <= last || h.Data.Version <= before:
			wrong = append(wrong, fmt.Sprintf("position %d comes late", n))
		case whole && h.Data.Version != before+1:
			wrong = append(wrong, fmt.Sprintf("version %d of a %s follows %d", h.Data.Version, h.Data.Aggregate, before))
		}
		last, ids[h.ID], versions[stream] = max(n, last), true, max(h.Data.Version, versions[stream])
	}
	return wrong
}

// personal lists which values are in what was heard, in any spelling. The
// values themselves are not shown.
func personal(t *testing.T, all []heard, values []string) (found []string) {
	t.Helper()
	set, err := scan.NewSet(values)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range all {
		set.Search([]byte(h.raw), func(hit scan.Hit) {
			found = append(found, fmt.Sprintf("value %d, in %s, in position %s", hit.Value, hit.Form, h.Position))
		})
	}
	return found
}

// names are the events that were heard of a customer, in order.
func names(all []heard, customer string) (out []string) {
	for _, h := range all {
		if h.Customer == customer {
			out = append(out, h.name())
		}
	}
	return out
}

// disorderIsSeen breaks what was heard in every way that must be noticed.
func disorderIsSeen(t *testing.T, all []heard) {
	t.Helper()
	n := slices.IndexFunc(all, func(h heard) bool { return h.Data.Version == 2 })
	if n < 1 || len(disorder(all, true)) > 0 {
		t.Fatal("nothing to spoil")
	}
	before := slices.IndexFunc(all, func(h heard) bool {
		return h.Data.AggregateID == all[n].Data.AggregateID && h.Data.Aggregate == all[n].Data.Aggregate
	})
	swapped := slices.Clone(all)
	swapped[before], swapped[n] = swapped[n], swapped[before]
	for name, spoiled := range map[string][]heard{
		"one missing": slices.Delete(slices.Clone(all), before, before+1),
		"one twice":   append(slices.Clone(all), all[n]),
		"two swapped": swapped,
	} {
		if len(disorder(spoiled, true)) == 0 {
			t.Errorf("control: %s goes unseen", name)
		}
	}
}
