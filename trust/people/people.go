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

	values []string
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
	return p
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
