package roster

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/packed"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/search"
)

// Person is a change of a customer's own stream: it is now like this, or, with
// no State, it is erased or does not open.
type Person struct {
	ID      uuid.UUID
	Ordinal uint32
	Version int64
	State   *customer.State
	Gone    bool // for good
}

// person is what is derived of one customer's own stream.
type person struct {
	words      [wordColumns]string
	flags      [flagColumns]bool
	tags       []string
	attributes map[string]any
	addresses  uint8
	complete   uint8
	born       int32
	registered int64
	lastActive int64
	texts      int      // place in the batch of texts
	names      []string // by collation, in the order of Roster.keyed
	name       string   // that it is ordered by
	sorted     part     // where that is in its full name
}

// Put shows what became of some customers.
func (r *Roster) Put(changes []Person) {
	derived, texts := make([]person, len(changes)), r.texts.Batch()
	defer r.texts.Done(texts)
	keys := r.keyers.Get().([]*keyer)
	for i := range changes {
		if s := changes[i].State; s != nil {
			derived[i] = r.derive(s)
			derived[i].texts = texts.Add(changes[i].Ordinal, textsOf(s, changes[i].Ordinal))
			derived[i].name, derived[i].sorted = sortText(&s.Name), partOf(&s.Name)
			for _, k := range keys {
				derived[i].names = append(derived[i].names, k.key(&s.Name))
			}
		}
	}
	r.keyers.Put(keys)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range changes {
		if c := &changes[i]; c.State != nil {
			r.put(c, &derived[i], texts)
		} else {
			r.remove(c)
		}
	}
}

func (r *Roster) put(c *Person, p *person, texts *search.Batch) {
	o := c.Ordinal
	r.ids, r.versions = packed.Grown(r.ids, int(o)+1), packed.Grown(r.versions, int(o)+1)
	if r.gone.Contains(o) || r.versions[o] >= c.Version {
		return
	}
	r.ids[o], r.versions[o] = c.ID, c.Version
	if r.customers.CheckedAdd(o) {
		r.came(o)
	}
	r.fill(o, p)
	r.texts.PutOf(texts, p.texts)
}

// remove takes a customer out of every column of its own stream. An erased one
// never comes back, and what other streams know of it is behind customers.
func (r *Roster) remove(c *Person) {
	o := c.Ordinal
	r.ids, r.versions = packed.Grown(r.ids, int(o)+1), packed.Grown(r.versions, int(o)+1)
	r.customers.Remove(o)
	r.versions[o] = 0
	r.fill(o, &person{})
	r.texts.Remove(o)
	if c.Gone {
		r.gone.Add(o)
		r.elsewhere.forget(o)
		r.segments.forget(o)
		r.lastActive.set(o, 0)
	}
}

func (r *Roster) fill(o uint32, p *person) {
	for i, word := range p.words {
		r.changed(r.words[i].set(o, word), rule.Ref{ID: wordFields[i]}, o)
	}
	for i, is := range p.flags {
		put := r.flags[i].CheckedRemove
		if is {
			put = r.flags[i].CheckedAdd
		}
		r.changed(put(o), rule.Ref{ID: flagFields[i]}, o)
	}
	r.changed(r.tags.set(o, p.tags), rule.Ref{ID: rule.Tags}, o)
	r.attrs.set(o, p.attributes, func(key string) { r.changed(true, rule.Ref{ID: rule.Attributes, Key: key}, o) })
	r.orders.put(o, func() bool { return r.sortText(o) != p.name })
	r.sorted.set(o, p.sorted, p.name)
	for i, c := range r.keyed {
		if p.names == nil {
			c.set(o, "")
		} else {
			c.set(o, p.names[i])
		}
	}
	r.changed(r.addresses.set(o, p.addresses), rule.Ref{ID: rule.AddressCount}, o)
	r.changed(r.complete.set(o, p.complete), rule.Ref{ID: rule.Completeness}, o)
	r.changed(r.born.set(o, p.born), rule.Ref{ID: rule.Age}, o)
	r.changed(r.registered.set(o, p.registered), rule.Ref{ID: rule.RegisteredAt}, o)
	r.lastHere.set(o, p.lastActive)
	r.wasActive(o)
}

// wasActive takes the later of what the customer did here and elsewhere.
func (r *Roster) wasActive(o uint32) {
	last := max(r.lastHere.get(o), r.elsewhere.lastThere.get(o))
	r.changed(r.lastActive.set(o, last), rule.Ref{ID: rule.LastActivityAt}, o)
}

// derive reads a state: without the lock, since it takes the longest.
func (r *Roster) derive(s *customer.State) person {
	prefers := func(path string) any { return s.Prefers(r.preferred, path).Value }
	word := func(path string) string { w, _ := prefers(path).(string); return w }
	yes := func(path string) bool { is, _ := prefers(path).(bool); return is }
	score, _ := s.Completeness(r.weights, customer.Everything)
	p := person{attributes: s.Profile.Attributes, addresses: uint8(len(s.Addresses)), complete: uint8(score), born: birth(s.Profile.DateOfBirth),
		registered: micros(s.RegisteredAt), lastActive: micros(s.LastActivityAt)}
	p.words = [wordColumns]string{string(s.Status), string(s.Type), s.Addresses[s.DefaultAddress(customer.Shipping)].Country, s.Profile.Locale, r.languages.get(s.Profile.Locale),
		s.Profile.Timezone, s.Profile.Currency, s.Profile.Gender, word("display.language"), word("display.currency"), word("display.timezone"), word("display.theme")}
	p.flags = [flagColumns]bool{yes("communication.email"), yes("communication.sms"), yes("communication.push"), yes("communication.mail"),
		yes("privacy.dataSharing"), yes("privacy.activityTracking"), yes("privacy.analytics"),
		s.Email.Address != "", s.Email.Verified, s.Phone.Number != "", s.Phone.Verified}
	if len(s.Tags) > 0 {
		p.tags = slices.Sorted(slices.Values(s.Tags))
	}
	return p
}

// epoch makes every date that a rule knows a number above 0, which is none.
const epoch = 100_000 // days before 1970

// birth gives a date of birth in days, 0 where there is none.
func birth(iso string) int32 {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return 0
	}
	if days := t.Unix() / (24 * 60 * 60); rule.KnownDay(days) {
		return int32(days + epoch)
	}
	return 0
}
