// Package people makes up customers whose every personal value can be
// recognised wherever it turns up: each begins with letters that nothing else
// has.
package people

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/acme/customers/trust/service"
)

// Person is a customer to be, and what it will change later.
type Person struct {
	Registration service.Registration
	Patch        map[string]any // of the customer
	Profile      map[string]any // of its profile
	Contact      map[string]any // of its contact
	Reason       string         // for a change of status

	// Addresses that it adds, beside the one that it registers with; what one of
	// them becomes; and one that is refused.
	Home, Office service.Address
	Moved        map[string]any
	Nowhere      service.Address

	// Notes are what staff writes, what it becomes, and why it is deleted. Deeds
	// is what it did elsewhere.
	Notes [3]string
	Deeds []Deed

	values []string
}

// Deed is an activity, as the API takes it; Data is an event's on the bus, too.
type Deed struct {
	ID     string         `json:"id"`
	Source string         `json:"source"`
	Type   string         `json:"type"`
	Data   map[string]any `json:"data"`
}

// Values are the personal values of the person, as they are looked for.
func (p *Person) Values() []string { return p.values }

// maker draws values; the same seed draws the same.
type maker struct{ *rand.Rand }

// Make makes n people.
func Make(seed uint64, n int) []*Person {
	m := maker{rand.New(rand.NewPCG(seed, 0x7ea))}
	all := make([]*Person, n)
	for i := range all {
		all[i] = m.person(i)
	}
	return all
}

// Values are those of everybody, each once.
func Values(all []*Person) []string {
	seen := map[string]bool{}
	var out []string
	for _, p := range all {
		for _, v := range p.values {
			if !seen[v] {
				seen[v] = true
				out = append(out, v)
			}
		}
	}
	return out
}

func (m maker) person(i int) *Person {
	p := &Person{}
	mark := func(v string) string { p.values = append(p.values, v); return v }
	word := func() string { return mark(m.word(i)) }
	token := func() string { return mark(m.latin(14)) }
	email := func() string { return mark(m.latin(12) + "@" + m.latin(9) + ".example") }
	phone := func() string { return "+49" + mark(fmt.Sprintf("1511%07d", m.IntN(10_000_000))) }
	dob := func() string {
		return mark(fmt.Sprintf("%d-%02d-%02d", 1930+m.IntN(70), 1+m.IntN(12), 1+m.IntN(28)))
	}
	p.Registration = service.Registration{
		Name: service.Name{Given: word(), Family: word(), Preferred: word()}, Email: email(), Phone: phone(),
		UserID: token(), ExternalIDs: map[string]string{"crm": token()}, Tags: []string{word()},
		Profile: service.Profile{DateOfBirth: dob(), Gender: word(), Attributes: map[string]any{token(): word()}},
	}
	p.Patch = map[string]any{"name": map[string]any{"given": word(), "middle": word(), "prefix": word()}, "tags": []string{word(), word()},
		"externalIds": map[string]any{"erp": token()}}
	p.Profile = map[string]any{"dateOfBirth": dob(), "gender": word(), "attributes": map[string]any{token(): word() + " " + m.latin(5)}}
	p.Contact = map[string]any{"email": email(), "phone": phone()}
	p.Reason = word() + " wished it"
	m.live(p, i, word, phone, mark)
	m.deal(p, word, token, mark)
	return p
}

// deal lets a person order something, ask support about it and be noted down.
func (m maker) deal(p *Person, word, token func() string, mark func(string) string) {
	sentence := func() string { return mark(word() + " " + m.latin(3) + " " + word()) }
	p.Notes = [3]string{sentence(), sentence(), sentence()}
	order, ticket := token(), token()
	amount := mark(fmt.Sprintf("%d.%02d", 10_000_000+m.IntN(80_000_000), m.IntN(100)))
	asked := map[string]any{"ticketId": ticket, "subject": sentence()}
	p.Deeds = []Deed{
		{order, "orders", "OrderCompleted", map[string]any{"orderId": order, "total": map[string]any{"amount": amount, "currency": "EUR"}, "coupon": word()}},
		{ticket, "support", "SupportTicketCreated", asked},
		{ticket, "support", "SupportTicketResolved", map[string]any{"ticketId": ticket, "resolution": sentence()}},
		{token(), "identity", "UserAuthenticated", map[string]any{"device": word()}},
	}
}

// live gives a person addresses. The towns are made up, and so in countries
// where nobody can say that there is no such town; the one in the United States
// gets a correction, which quotes it.
func (m maker) live(p *Person, i int, word, phone func() string, mark func(string) string) {
	number := func() string { return fmt.Sprint(" ", 1+m.IntN(200)) }
	address := func(purpose string) service.Address {
		city := word()
		return service.Address{Type: purpose, Label: word(), Recipient: word() + " " + word(), City: city, Phone: phone(),
			Street:     []string{mark(m.word(i) + number()), mark(m.word(i) + number() + ", " + city)},
			PostalCode: fmt.Sprintf("%05d", 10000+m.IntN(80000)), Country: "DE"}
	}
	p.Registration.Addresses = []service.Address{address("billing")}
	p.Home, p.Office, p.Nowhere = address("shipping"), address("business"), address("shipping")
	p.Home.DependentLocality, p.Home.Company = word(), word()
	p.Office.Country, p.Office.State, p.Office.PostalCode, p.Office.Company = "US", "NY", "10001", word()
	p.Nowhere.PostalCode = mark(m.latin(9))
	moved := address("billing")
	p.Moved = map[string]any{"type": moved.Type, "label": moved.Label, "recipient": moved.Recipient, "street": moved.Street, "city": moved.City,
		"postalCode": moved.PostalCode, "phone": moved.Phone, "company": nil, "dependentLocality": word()}
}

const (
	latin    = "abcdefghijklmnopqrstuvwxyz"
	cyrillic = "абвгдежзиклмнопрстуфхцчшщэюя"
	accented = "àáâãäåçèéêëìíîïñòóôõöùúûüýčďěłńřšťžő"
)

// word is a name in one of three scripts, at least 9 letters long.
func (m maker) word(i int) string {
	switch i % 3 {
	case 0:
		return m.of(cyrillic, 9)
	case 1:
		return strings.ToUpper(m.of(latin, 1)) + m.of(latin, 4) + m.of(accented, 2) + m.of(latin, 5)
	}
	return strings.ToUpper(m.of(latin, 1)) + m.latin(11)
}

func (m maker) latin(n int) string { return m.of(latin, n) }

func (m maker) of(alphabet string, n int) string {
	letters := []rune(alphabet)
	out := make([]rune, n)
	for i := range out {
		out[i] = letters[m.IntN(len(letters))]
	}
	return string(out)
}
