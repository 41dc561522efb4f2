// Package crowd makes up customers with a past, for the benchmark of search and
// segments: people of internal/demo, of whom two in five have a name that few
// share, with orders, consents and preferences. The n-th is the same in every
// run, whatever is asked for before.
package crowd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/demo"
	"github.com/acme/customers/internal/remote"
)

// Now is when all of them are as they are.
var Now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// Person is one of the crowd.
type Person struct {
	ID       uuid.UUID
	Ordinal  uint32
	State    *customer.State
	Activity *activity.State
	Consents *consent.State
}

// Registration is the n-th as it registers.
func Registration(n int) remote.Registration {
	p := demo.Generate(1, uint64(n))
	rename(chance(n), n, &p)
	return p
}

// Make makes the n-th.
func Make(n int) Person {
	p, r := Registration(n), rand.New(rand.NewPCG(uint64(n), 3))
	out := Person{ID: idOf(n), Ordinal: uint32(n), State: stateOf(r, &p), Consents: consents(r)}
	out.Activity = past(r, out.State)
	return out
}

func chance(n int) *rand.Rand { return rand.New(rand.NewPCG(uint64(n), 1)) }

func idOf(n int) (id uuid.UUID) {
	r := rand.New(rand.NewPCG(uint64(n), 2))
	for i := range id {
		id[i] = byte(r.Uint32())
	}
	return id
}

func stateOf(r *rand.Rand, p *remote.Registration) *customer.State {
	s := &customer.State{Status: customer.Active, Type: customer.Individual, ExternalIDs: p.ExternalIDs, Tags: p.Tags,
		Name:  customer.Name{Given: p.Name.Given, Middle: p.Name.Middle, Family: p.Name.Family, Prefix: p.Name.Prefix, Suffix: p.Name.Suffix, Preferred: p.Name.Preferred},
		Email: customer.Email{Address: p.Email, Verified: p.Email != "" && r.IntN(4) > 0}, Phone: customer.Phone{Number: p.Phone, Verified: p.Phone != "" && r.IntN(5) < 2},
		Profile: customer.Profile{DateOfBirth: p.Profile.DateOfBirth, Gender: p.Profile.Gender, Locale: p.Profile.Locale, Timezone: p.Profile.Timezone,
			Currency: p.Profile.Currency, Attributes: p.Profile.Attributes},
		RegisteredAt: ago(r, 5*365), LastActivityAt: ago(r, 700)}
	if p.Type != "" {
		s.Type = customer.Type(p.Type)
	}
	if status := r.IntN(100); status < 20 {
		s.Status = []customer.Status{customer.Pending, customer.Pending, customer.Inactive, customer.IsClosed}[status%4]
	}
	if r.IntN(5) == 0 {
		s.Preferences = customer.Preferences{"communication.sms": false, "communication.email": r.IntN(2) == 0}
	}
	if r.IntN(20) == 0 {
		s.Internal.FormerNames = []customer.Name{{Given: p.Name.Given, Family: someRare(r)}}
	}
	s.Addresses = addresses(p)
	return s
}

func addresses(p *remote.Registration) map[string]customer.Address {
	if len(p.Addresses) == 0 {
		return nil
	}
	all := make(map[string]customer.Address, len(p.Addresses))
	for i := range p.Addresses {
		a := &p.Addresses[i]
		id := fmt.Sprint("a", i)
		all[id] = customer.Address{ID: id, Type: customer.AddressType(a.Type), IsDefault: a.IsDefault,
			Address: address.Address{Recipient: a.Recipient, Company: a.Company, Street: a.Street, City: a.City, PostalCode: a.PostalCode, Country: a.Country}}
	}
	return all
}

// ago is an instant of the last days, the later the more likely.
func ago(r *rand.Rand, days float64) time.Time {
	return Now.Add(-time.Duration(days * 24 * float64(time.Hour) * math.Pow(r.Float64(), 2))).Truncate(time.Microsecond)
}

// past is what somebody did elsewhere: half never ordered, few often.
func past(r *rand.Rand, s *customer.State) *activity.State {
	a := &activity.State{LastActivityAt: s.LastActivityAt}
	if r.IntN(30) == 0 {
		a.Tickets = map[string]time.Time{"t": s.LastActivityAt}
	}
	if r.IntN(2) == 0 {
		return a
	}
	a.Orders = 1
	for a.Orders < 50 && r.IntN(5) < 3 {
		a.Orders++
	}
	a.LastPurchaseAt = s.LastActivityAt
	a.FirstPurchaseAt = s.LastActivityAt.Add(-time.Duration(a.Orders) * 30 * 24 * time.Hour)
	currency := s.Profile.Currency
	if currency == "" {
		currency = "EUR"
	}
	a.Spent = map[string]activity.Spent{currency: {Orders: a.Orders, Total: activity.Amount(a.Orders * int64(50_000+r.IntN(2_000_000)))}}
	return a
}

func consents(r *rand.Rand) *consent.State {
	s := &consent.State{Acts: map[string][]consent.Act{}}
	for _, purpose := range []string{"marketing", "analytics"} {
		if said := r.IntN(10); said < 6 {
			s.Acts[purpose] = []consent.Act{{Kind: []consent.Status{consent.Granted, consent.Granted, consent.Denied}[said%3], At: ago(r, 365)}}
		}
	}
	return s
}
