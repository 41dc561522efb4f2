package trust

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/trust/service"
)

// effects is what must have become, and what has become, of all that was told
// about a user.
type effects struct {
	orders, cents int
	tickets, open int      // acts about tickets, and tickets that have no end
	names         []string // given by the identity provider, in order
	gaps          bool     // a name that comes behind a newer one is left out
	notes         []string // of the resolutions, sorted
}

// expected are the effects by user. One teller tells of each.
type expected map[string]*effects

func (e expected) of(user string) *effects {
	if e[user] == nil {
		e[user] = &effects{}
	}
	return e[user]
}

// happens makes up the next thing that a user does, and what becomes of it.
func (e expected) happens(s *teller, user string, n int) {
	want, id := e.of(user), fmt.Sprint(user, "-", n)
	switch n % 4 {
	case 0:
		if len(want.names) == 100 { // as many as a page of the history shows, with its registration
			return
		}
		want.names = append(want.names, "Given "+id)
		s.has("identity.v1.UserUpdated", "u"+id, data{"userId": user, "email": user + "@effects.example", "name": data{"given": "Given " + id}})
	case 1, 2:
		want.orders, want.cents = want.orders+1, want.cents+n*100+25
		s.has("orders.v1.OrderCompleted", "o"+id, completed(user, "order "+id, fmt.Sprintf("%d.25", n)))
	case 3:
		if len(want.notes) == 100 {
			return
		}
		want.tickets, want.notes = want.tickets+2, append(want.notes, "Resolved "+id)
		ticket := data{"userId": user, "ticketId": "ticket " + id, "subject": "Asked", "resolution": "Resolved " + id}
		s.has("support.v1.SupportTicketCreated", "c"+id, ticket)
		s.has("support.v1.SupportTicketResolved", "r"+id, ticket)
	}
}

// differences compares what has become with what must have: nothing missing,
// nothing twice, in order.
func (e *effects) differences(got *effects) (wrong []string) {
	if got.orders != e.orders || got.cents != e.cents {
		wrong = append(wrong, fmt.Sprintf("%d orders of %d cents, want %d of %d", got.orders, got.cents, e.orders, e.cents))
	}
	if got.tickets != e.tickets || got.open != e.open {
		wrong = append(wrong, fmt.Sprintf("%d acts about tickets, %d open, want %d", got.tickets, got.open, e.tickets))
	}
	if !e.named(got.names) {
		wrong = append(wrong, fmt.Sprintf("%d names, want %d, or in another order", len(got.names), len(e.names)))
	}
	if !slices.Equal(slices.Sorted(slices.Values(got.notes)), slices.Sorted(slices.Values(e.notes))) {
		wrong = append(wrong, fmt.Sprintf("%d notes, want %d, or others", len(got.notes), len(e.notes)))
	}
	return wrong
}

// effectsOn reads what has become of it.
func effectsOn(c *service.Client, id string) (*effects, error) {
	f, err := figuresOf(c, id)
	if err != nil {
		return nil, err
	}
	got := &effects{orders: f.Orders, tickets: f.Activities - f.Orders}
	for _, s := range f.Spent {
		got.cents, _ = strconv.Atoi(strings.Replace(s.Total, ".", "", 1))
	}
	got.open = f.OpenTickets
	if got.notes, err = notesOf(c, id); err != nil {
		return nil, err
	}
	a, err := patient(c, "GET", "/v1/customers/"+id+"/history?limit=200", nil)
	if err != nil {
		return nil, err
	}
	var page struct {
		Items []struct {
			Changes []struct {
				Field string
				After any
			}
		}
	}
	if err := json.Unmarshal(a.Body, &page); err != nil {
		return nil, err
	}
	for _, item := range page.Items { // the newest last
		for _, change := range item.Changes {
			if change.Field == "name.given" {
				got.names = append(got.names, fmt.Sprint(change.After))
			}
		}
	}
	return got, nil
}

// named tells whether names are those that were told, once and in order; with
// gaps, some of them and the last.
func (e *effects) named(names []string) bool {
	if !e.gaps || len(names) == 0 {
		return slices.Equal(names, e.names)
	}
	at := -1
	for _, n := range names {
		next := slices.Index(e.names, n)
		if next <= at {
			return false
		}
		at = next
	}
	return at == len(e.names)-1
}

// exceeds tells whether something came too often: waiting does not mend that.
func (e *effects) exceeds(want *effects) bool {
	return e.orders > want.orders || e.tickets > want.tickets || len(e.notes) > len(want.notes) || len(e.names) > len(want.names)
}

// come waits until everything has become of it what must, and lists what has
// not.
func (e expected) come(t *testing.T, c *service.Client) (wrong []string) {
	t.Helper()
	end := time.Now().Add(time.Minute)
	for user, want := range e {
		id := customerOf(t, c, user).ID
		for ; ; time.Sleep(20 * time.Millisecond) {
			got, err := effectsOn(c, id)
			if err != nil {
				t.Fatalf("%s: %v", user, err)
			}
			last := want.differences(got)
			if len(last) == 0 {
				break
			}
			if got.exceeds(want) || time.Now().After(end) {
				wrong = append(wrong, user+": "+strings.Join(last, "; "))
				break
			}
		}
	}
	return wrong
}

// spoiledEffectsAreSeen: one missing, one twice, two swapped.
func spoiledEffectsAreSeen(t *testing.T, want *effects) {
	t.Helper()
	if len(want.names) < 2 || want.orders == 0 || len(want.notes) == 0 || len(want.differences(want)) > 0 {
		t.Fatalf("nothing to spoil: %+v", want)
	}
	if gap := (&effects{gaps: true, names: want.names}); gap.named(want.names[:1]) || gap.named([]string{want.names[1], want.names[0]}) || !gap.named(want.names[1:]) {
		t.Error("control: the last name is missing, or two are swapped, and it goes unseen")
	}
	for name, spoil := range map[string]func(e *effects){
		"an order missing":     func(e *effects) { e.orders--; e.cents -= 125 },
		"an order twice":       func(e *effects) { e.orders++; e.cents += 125 },
		"an order for another": func(e *effects) { e.cents++ },
		"a ticket twice":       func(e *effects) { e.tickets++ },
		"a note twice":         func(e *effects) { e.notes = append(slices.Clone(e.notes), e.notes[0]) },
		"a note missing":       func(e *effects) { e.notes = e.notes[1:] },
		"two names swapped":    func(e *effects) { e.names = append([]string{e.names[1], e.names[0]}, e.names[2:]...) },
		"a name twice":         func(e *effects) { e.names = append([]string{e.names[0]}, e.names...) },
	} {
		got := *want
		spoil(&got)
		if len(want.differences(&got)) == 0 {
			t.Errorf("control: %s goes unseen", name)
		}
	}
}
