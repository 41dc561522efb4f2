package roster

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/segment"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// asked is at least one rule for every word of the vocabulary.
var asked = []string{
	`customer.status == "active"`, `customer.type != "business"`, `"vip" in customer.tags`, `size(customer.tags) > 1`, `customer.tags.exists(t, t.startsWith("v"))`,
	`customer.country == "DE"`, `customer.country in ["DE", "AT", ""]`, `customer.addresses.count >= 1`, `customer.profile.locale == "de-CH"`, `customer.profile.language == "de"`,
	`customer.profile.timezone != ""`, `customer.profile.currency == "EUR"`, `customer.profile.gender == "female"`, `customer.age >= 18`, `customer.age < 40`, `has(customer.age)`, `!(customer.age > 30)`,
	`customer.attributes["level"] == "gold"`, `customer.attributes["points"] > 10.0`, `customer.attributes["club"] == true`, `has(customer.attributes.level)`,
	`customer.preferences.communication.email`, `!customer.preferences.communication.sms`, `customer.preferences.communication.push || customer.preferences.communication.mail`,
	`customer.preferences.display.language == "de"`, `customer.preferences.display.currency == "EUR"`, `customer.preferences.display.timezone == ""`, `customer.preferences.display.theme == "dark"`,
	`customer.preferences.privacy.dataSharing`, `customer.preferences.privacy.activityTracking`, `customer.preferences.privacy.analytics`,
	`customer.consents["marketing"] == "granted"`, `customer.consents["analytics"] != "granted"`, `customer.consents["marketing"] == "notRequested"`,
	`customer.orders.count >= 3`, `customer.orders.count == 0`, `customer.orders.total["EUR"] > 100.0`, `customer.orders.total["CHF"] < 1.0`, `now - customer.orders.firstAt > duration("720h")`, `has(customer.orders.lastAt)`,
	`customer.tickets.open > 0`, `now - customer.lastActivityAt < duration("720h")`, `customer.registeredAt < timestamp("2026-06-01T00:00:00Z")`,
	`customer.email.verified`, `customer.phone.verified`, `customer.email.present`, `customer.phone.present && !customer.phone.verified`, `customer.completeness > 50`,
	`"s1" in customer.segments`, `!("s2" in customer.segments) && customer.status == "active"`,
	`customer.orders.total["EUR"] / double(customer.orders.count + 1) > 20.0`,
	`customer.country == "DE" && customer.orders.count >= 3 && now - customer.lastActivityAt < duration("720h")`,
}

func cel(t *testing.T) *rule.Language {
	t.Helper()
	l, err := rule.New(rule.Config{Purposes: []string{"marketing", "analytics"}, Segments: func(string) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func compiled(t *testing.T) (rules []*rule.Rule) {
	t.Helper()
	l, mentioned := cel(t), map[rule.ID]bool{}
	for _, source := range asked {
		r, err := l.Compile(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		for _, ref := range r.Refs() {
			mentioned[ref.ID] = true
		}
		rules = append(rules, r)
	}
	for _, f := range rule.Vocabulary() {
		if !mentioned[f.ID] {
			t.Errorf("no rule asks for %s", f.Path)
		}
	}
	return rules
}

// world is what the streams of some customers say.
type world struct {
	customers   []*customer.State // nil: erased
	versions    []int64
	ids         []uuid.UUID
	consents    []*consent.State
	activities  []*activity.State
	memberships []*membership.State
	segments    []*segment.State
}

func pick[T any](of ...T) T { return of[rand.IntN(len(of))] }

func maybe() bool { return rand.IntN(2) == 0 }

func someone() *customer.State {
	s := &customer.State{Status: pick(customer.Pending, customer.Active, customer.Inactive), Type: pick(customer.Individual, customer.Business),
		RegisteredAt: now.Add(-time.Duration(rand.IntN(400*24)) * time.Hour)}
	s.LastActivityAt = s.RegisteredAt
	s.Name = customer.Name{Given: pick("", "Ada", "Bo"), Family: pick("", "Zed", "Åse", "Abel")}
	s.Profile = customer.Profile{DateOfBirth: pick("", "1970-01-01", "1985-02-28", "2008-11-27", "2008-11-28"), Gender: pick("", "female"), Locale: pick("", "de-CH", "de-DE", "fr-FR"),
		Timezone: pick("", "Europe/Zurich"), Currency: pick("", "EUR", "CHF")}
	if maybe() {
		s.Profile.Attributes = map[string]any{"level": pick[any]("gold", "silver", ""), "points": pick[any](5.0, 50.0, "many"), "club": maybe()}
	}
	if maybe() {
		s.Tags = pick([]string{"vip"}, []string{"vip", "beta"}, []string{"staff", "beta"})
	}
	if maybe() {
		s.Addresses = map[string]customer.Address{"a": {ID: "a", Type: customer.Shipping, IsDefault: maybe(), Address: address.Address{Country: pick("DE", "AT")}}}
	}
	s.Email = customer.Email{Address: pick("", "ada@example.test"), Verified: maybe()}
	s.Phone = customer.Phone{Number: pick("", "+41791234567"), Verified: maybe()}
	if maybe() {
		s.Preferences = customer.Preferences{"communication.email": maybe(), "communication.sms": maybe(), "communication.push": maybe(), "communication.mail": maybe(), "display.language": "de", "display.theme": "dark", "privacy.dataSharing": maybe(),
			"privacy.activityTracking": maybe(), "privacy.analytics": maybe(), "display.currency": "EUR"}
	}
	return s
}

// someActs keep those of other purposes: nothing that was recorded goes away.
func someActs(before *consent.State) *consent.State {
	s := &consent.State{Acts: map[string][]consent.Act{}}
	maps.Copy(s.Acts, before.Acts)
	for _, purpose := range []string{"marketing", "analytics"} {
		if maybe() {
			s.Acts[purpose] = []consent.Act{{Kind: pick(consent.Pending, consent.Granted, consent.Denied), At: now.Add(-time.Hour), ExpiresAt: pick(time.Time{}, now.Add(-time.Minute))}}
		}
	}
	return s
}

func someOrders(before *activity.State) *activity.State {
	at := now.Add(-time.Duration(rand.IntN(60*24)) * time.Hour)
	s := &activity.State{Orders: int64(rand.IntN(5)), LastActivityAt: at, FirstPurchaseAt: at.Add(-time.Hour), LastPurchaseAt: at,
		Spent: map[string]activity.Spent{pick("EUR", "CHF"): {Orders: 1, Total: activity.Amount(rand.IntN(3_000_000))}}, Tickets: pick(nil, map[string]time.Time{"t": at})}
	for currency, spent := range before.Spent {
		if _, has := s.Spent[currency]; !has {
			s.Spent[currency] = spent
		}
	}
	return s
}

func (w *world) standing() *membership.State {
	s := &membership.State{Segments: map[string]membership.Standing{}}
	for i := range w.segments {
		if maybe() {
			one := membership.Standing{Version: 1, Member: maybe()}
			if maybe() {
				before := one
				one = membership.Standing{Version: 2, Member: maybe(), Before: &before}
			}
			s.Segments[uuid.UUID{byte(i + 1)}.String()] = one
		}
	}
	return s
}

// change changes something of somebody, or adds somebody.
func (w *world) change(r *Roster) {
	o := rand.IntN(len(w.ids) + 1)
	if o == len(w.ids) {
		w.ids, w.versions = append(w.ids, uuid.Must(uuid.NewV7())), append(w.versions, 0)
		w.customers, w.consents = append(w.customers, someone()), append(w.consents, &consent.State{})
		w.activities, w.memberships = append(w.activities, &activity.State{}), append(w.memberships, &membership.State{})
		w.put(r, o)
		return
	}
	if w.customers[o] == nil {
		return
	}
	switch rand.IntN(7) {
	case 0, 1:
		w.customers[o] = someone()
		w.put(r, o)
	case 2, 3:
		w.activities[o] = someOrders(w.activities[o])
		r.PutActivities([]Did{{uint32(o), w.activities[o]}})
	case 4:
		w.consents[o] = someActs(w.consents[o])
		r.PutConsents([]Consented{{uint32(o), w.consents[o]}}, now)
	case 5:
		if w.memberships[o].Segments == nil { // of a state that changes every standing is there before and after
			w.memberships[o] = w.standing()
		}
		r.PutMemberships([]Segmented{{uint32(o), w.memberships[o]}})
	case 6:
		if rand.IntN(10) == 0 {
			w.customers[o] = nil
			r.Put([]Person{{ID: w.ids[o], Ordinal: uint32(o), Gone: true}})
		}
	}
}

func (w *world) put(r *Roster, o int) {
	w.versions[o]++
	r.Put([]Person{{ID: w.ids[o], Ordinal: uint32(o), Version: w.versions[o], State: w.customers[o]}})
}

func (w *world) apply(r *Roster) {
	for i, s := range w.segments {
		if s.Applied < len(s.Versions) {
			next := *s
			next.Applied++
			w.segments[i] = &next
			r.PutSegments([]Defined{{uuid.UUID{byte(i + 1)}, &next}})
			return
		}
	}
}

func (w *world) define(r *Roster) {
	for i := range 3 {
		s := &segment.State{Key: fmt.Sprint("s", i+1), Versions: make([]segment.Version, 2)}
		w.segments = append(w.segments, s)
		r.PutSegments([]Defined{{uuid.UUID{byte(i + 1)}, s}})
	}
}

// fill tells a new roster all at once, in another order.
func (w *world) fill() *Roster {
	r := newRoster()
	for i, s := range w.segments {
		r.PutSegments([]Defined{{uuid.UUID{byte(i + 1)}, s}})
	}
	for _, o := range rand.Perm(len(w.ids)) {
		r.PutMemberships([]Segmented{{uint32(o), w.memberships[o]}})
		r.PutActivities([]Did{{uint32(o), w.activities[o]}})
		r.PutConsents([]Consented{{uint32(o), w.consents[o]}}, now)
		if w.customers[o] != nil {
			r.Put([]Person{{ID: w.ids[o], Ordinal: uint32(o), Version: w.versions[o], State: w.customers[o]}})
		} else {
			r.Put([]Person{{ID: w.ids[o], Ordinal: uint32(o), Gone: true}})
		}
	}
	return r
}

func newRoster() *Roster { return New(customer.DefaultPreferences(), customer.DefaultWeights()) }

// Whatever happened on the way: all at once, one by one and from scratch the
// answers are the same.
func TestARuleSelectsWhomItMatchesHoweverTheyCameToBe(t *testing.T) {
	rules := compiled(t)
	for range 20 {
		r, w := newRoster(), &world{}
		w.define(r)
		for step := range 400 {
			w.change(r)
			if step%100 == 99 {
				w.apply(r)
			}
		}
		scratch := w.fill()
		for _, one := range rules {
			want := []uint32{}
			for o := range w.ids {
				if r.Matches(one, uint32(o), now) {
					want = append(want, uint32(o))
				}
			}
			for name, roster := range map[string]*Roster{"followed": r, "from scratch": scratch} {
				if d := cmp.Diff(want, append([]uint32{}, roster.Select(one, now).ToArray()...)); d != "" {
					t.Errorf("%s, %s (-one by one +all at once):\n%s", one.Source(), name, d)
				}
			}
		}
		if t.Failed() {
			return
		}
	}
}

// Many are judged as few are. The control judges some of whom nobody asked.
func TestManyAreJudgedAsFewAre(t *testing.T) {
	rules := compiled(t)
	r, w := newRoster(), &world{}
	w.define(r)
	for range 2000 {
		w.change(r)
	}
	who, others := roaring.New(), false
	for o := range w.ids {
		if maybe() {
			who.Add(uint32(o))
		}
	}
	who.And(r.customers)
	for _, one := range rules {
		few, many := r.judge(one, who, now, math.MaxUint64), r.judge(one, who, now, 0)
		if !few.Equals(many) {
			t.Errorf("%s: one by one %v, at once %v", one.Source(), few.ToArray(), many.ToArray())
		}
		others = others || !few.Equals(r.judge(one, r.customers, now, 0))
	}
	if !others {
		t.Error("control: who is asked about makes no difference")
	}
}

// The control for whom a rule selects: a column that keeps what was is seen.
func TestAColumnThatKeepsWhatWasIsSeen(t *testing.T) {
	rules := compiled(t)
	r, w := newRoster(), &world{}
	country := r.words[countryWord]
	for len(w.ids) < 10 || country.having("DE").IsEmpty() {
		w.change(r)
	}
	country.names = append(country.names, "XX") // another country than the bitmaps say
	country.of.Set(country.having("DE").Minimum(), uint32(len(country.names)-1))
	for _, one := range rules {
		for o := range w.ids {
			if r.Select(one, now).Contains(uint32(o)) != r.Matches(one, uint32(o), now) {
				return
			}
		}
	}
	t.Error("nobody noticed")
}

// What a rule sees of a customer is what its streams say.
func TestARuleSeesWhatTheStreamsSay(t *testing.T) {
	s := someone()
	s.Status, s.Tags, s.Profile.DateOfBirth, s.Profile.Locale = customer.Active, []string{"vip", "beta"}, "1969-12-31", "de-CH"
	s.Addresses = map[string]customer.Address{"a": {ID: "a", Type: customer.Shipping, Address: address.Address{Country: "AT"}},
		"b": {ID: "b", Type: customer.Shipping, IsDefault: true, Address: address.Address{Country: "DE"}}}
	s.Preferences = customer.Preferences{"communication.sms": false}
	s.LastActivityAt = now.Add(-100 * time.Hour)
	r := newRoster()
	r.Put([]Person{{ID: uuid.UUID{9}, Ordinal: 3, Version: 1, State: s}})
	r.PutActivities([]Did{{3, &activity.State{Orders: 2, LastActivityAt: now.Add(-time.Hour), Spent: map[string]activity.Spent{"EUR": {Total: 1_005_000}}}}})
	r.PutConsents([]Consented{{3, &consent.State{Acts: map[string][]consent.Act{"marketing": {{Kind: consent.Granted, At: now.Add(-time.Hour), ExpiresAt: now}}}}}}, now)
	l := cel(t)
	for source, want := range map[string]bool{
		`customer.status == "active" && "beta" in customer.tags`: true, `customer.country == "DE"`: true, `customer.addresses.count == 2`: true,
		`customer.age == 56`: true, `customer.age == 57`: false, `customer.profile.language == "de"`: true,
		`customer.preferences.communication.email`: true, `customer.preferences.communication.sms`: false,
		`customer.orders.total["EUR"] == 100.5`: true, `customer.orders.total["CHF"] == 0.0`: true, `now - customer.lastActivityAt < duration("2h")`: true,
		`customer.consents["marketing"] == "expired"`: true, `customer.consents["analytics"] == "notRequested"`: true,
	} {
		one, err := l.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Matches(one, 3, now); got != want {
			t.Errorf("%s is %v", source, got)
		}
	}
	if r.Matches(compiled(t)[0], 2, now) {
		t.Error("nobody is active")
	}
}

// Whoever was erased is in no column, and does not come back.
func TestTheErasedAreInNoColumn(t *testing.T) {
	rules := compiled(t)
	r, w := newRoster(), &world{}
	w.define(r)
	for range 50 {
		w.change(r)
	}
	w.customers[0] = someone()
	r.Put([]Person{{ID: w.ids[0], Ordinal: 0, Gone: true}})
	w.put(r, 0)
	r.PutActivities([]Did{{0, &activity.State{Orders: 3, LastActivityAt: now}}})
	r.PutConsents([]Consented{{0, someActs(w.consents[0])}}, now)
	r.PutMemberships([]Segmented{{0, w.standing()}})
	for _, one := range rules {
		if r.Select(one, now).Contains(0) || r.Matches(one, 0, now) {
			t.Errorf("%s finds the erased", one.Source())
		}
	}
	if !r.LastElsewhere(0).IsZero() || r.registered.get(0) != 0 || r.tags.get(0) != nil || r.attrs.of.Get(0) != "" {
		t.Error("something is left")
	}
	for _, m := range r.segments.of {
		if m.latest.Contains(0) || m.seen.Contains(0) {
			t.Error("in a segment")
		}
	}
}
