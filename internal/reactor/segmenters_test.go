package reactor_test

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/reactor"
)

// Whoever keeps segments may die at any time, and several may take themselves
// for the one who does: in the end every customer is in what its rules select,
// on every instance, and came and left in turn.
func TestSegmentsOutliveWhoKeepsThem(t *testing.T) {
	steps, lives := 25, 3
	if os.Getenv("SOAK") != "" {
		steps, lives = 200, 50
	}
	always := func(k *reactor.Segmenter) { k.Mine = func(context.Context) (bool, error) { return true, nil } }
	for name, spoil := range map[string]func(*reactor.Segmenter){"one leads": nil, "all take themselves for the one": always} {
		t.Run(name, func(t *testing.T) {
			fleets(t, func(t *testing.T, f *fleet) {
				f.start(spoil)
				f.start(spoil)
				ids := f.population(30)
				happen := func() {
					for range steps {
						f.happens(ids[rand.IntN(len(ids))])
					}
					ids = append(ids, f.join())
				}
				for life := range lives {
					happen()
					f.start(spoil)
					dead := f.members[0]
					if led := slices.IndexFunc(f.members, func(i *instance) bool { return i.led.Load() }); led >= 0 {
						dead = f.members[led]
					}
					f.members = slices.DeleteFunc(f.members, func(i *instance) bool { return i == dead })
					dead.die()
					if life == lives/2 {
						f.must(f.any().DeleteSegment(t.Context(), grown, "gone"))
					}
				}
				happen()
				if wrong := f.settled(ids); len(wrong) > 0 {
					t.Fatalf("%d wrong, such as %s", len(wrong), strings.Join(wrong[:min(len(wrong), 5)], "\n"))
				}
				if spoil != nil {
					return
				}
				led := 0
				for _, i := range f.members {
					if i.led.Load() {
						led++
					}
				}
				if led == 0 {
					t.Error("nobody of those who live leads")
				}
				f.controls(ids)
			})
		})
	}
}

// controls spoil what happened, in every way that must be noticed.
func (f *fleet) controls(ids []uuid.UUID) {
	f.Helper()
	longest := []coming{}
	for _, id := range ids {
		if all := f.comings(id); len(all) > len(longest) {
			longest = all
		}
	}
	if len(longest) < 4 {
		f.Fatalf("nothing to spoil: %v", longest)
	}
	for n := range longest {
		if len(disorder(slices.Insert(slices.Clone(longest), n, longest[n]))) == 0 {
			f.Errorf("control: event %d twice goes unseen", n)
		}
		followed := slices.ContainsFunc(longest[n+1:], func(c coming) bool { return c.segment == longest[n].segment })
		if followed && len(disorder(slices.Delete(slices.Clone(longest), n, n+1))) == 0 {
			f.Errorf("control: a lost event %d goes unseen", n)
		}
	}
	for _, i := range f.members {
		i.die()
	}
	f.start(func(k *reactor.Segmenter) { k.Mine = func(context.Context) (bool, error) { return false, nil } })
	f.members = f.members[len(f.members)-1:]
	f.setClock(f.clock().Add(300 * 24 * time.Hour)) // the windows pass, and nobody sees to them
	if len(f.wrong(ids)) == 0 {
		f.Error("control: nobody keeps the segments, and nobody notices")
	}
}

// losing is an instance that forgets one of five customers of whom rules say
// something.
type losing struct{ *app.App }

func (l losing) Resegment(ctx context.Context, customers []app.Resegmented) error {
	return l.App.Resegment(ctx, slices.DeleteFunc(customers, func(c app.Resegmented) bool { return c.ID[15]%5 == 0 }))
}

func TestASegmenterThatLosesSomebodyIsSeen(t *testing.T) {
	d := newDecade(t)
	f := &fleet{decade: d, open: func() eventstore.Store { return d.store }}
	i := f.start(func(k *reactor.Segmenter) { k.Record = losing{k.Record.(*app.App)} })
	ids := f.population(60)
	f.until(func() bool { // it believes that it is done
		f.must(i.model.WaitHead(t.Context(), index.Freshness{}))
		return !slices.ContainsFunc(i.model.Segments().All(false), func(d index.Defined) bool { return d.State.Calculating() })
	})
	if len(f.wrong(ids)) == 0 {
		t.Error("nobody notices")
	}
}
