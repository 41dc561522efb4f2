package demo

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/acme/customers/internal/remote"
)

// People are all the people of a seed, in the order of their index, without
// end. The consumer stops.
func People(seed uint64) iter.Seq[remote.Registration] {
	return func(yield func(remote.Registration) bool) {
		for i := uint64(0); ; i++ {
			if !yield(Generate(seed, i)) {
				return
			}
		}
	}
}

// First are the first n people of a seed.
func First(seed uint64, n int) iter.Seq[remote.Registration] {
	return func(yield func(remote.Registration) bool) {
		for i := range n {
			if !yield(Generate(seed, uint64(i))) {
				return
			}
		}
	}
}

// Generate makes one person. No two people have an e-mail address or an
// external id in common, whatever their seeds.
func Generate(seed, i uint64) remote.Registration {
	c := newChance(seed, i)
	l := pick(c, world)
	var r remote.Registration
	female := c.percent(50)
	name, latin := l.name(c, female)
	r.Name = name
	if c.percent(7) {
		business(c, l, &r)
	}
	contact(c, l, &r, latin, seed, i)
	profile(c, l, &r, female)
	for range c.below(3) {
		if tag := pick(c, tags); !strings.Contains(strings.Join(r.Tags, " "), tag) {
			r.Tags = append(r.Tags, tag)
		}
	}
	addresses(c, l, &r)
	return r
}

// contact gives at least one way to find the customer again: most have an
// e-mail address, and who has none is known to another system.
func contact(c *chance, l *people, r *remote.Registration, latin string, seed, i uint64) {
	hasEmail := c.percent(94)
	if hasEmail {
		r.Email = fmt.Sprintf("%s%s@%s", latin, unique(seed, i), pick(c, domains))
	}
	if !hasEmail || c.percent(60) {
		r.ExternalIDs = map[string]string{"crm": fmt.Sprintf("K%d-%07d", seed, i)}
	}
	if c.percent(72) {
		r.Phone = digits(c, pick(c, l.phoneList))
	}
}

// unique is the index, told apart by its seed; seed 1, which is the usual one,
// goes without saying.
func unique(seed, i uint64) string {
	if seed == 1 {
		return strconv.FormatUint(i, 10)
	}
	return strconv.FormatUint(i, 10) + "." + strconv.FormatUint(seed, 36)
}

// digits puts a digit in the place of every '#'.
func digits(c *chance, pattern string) string {
	out := []byte(pattern)
	for i, b := range out {
		if b == '#' {
			out[i] = byte('0' + c.below(10))
		}
	}
	return string(out)
}

// domains are reserved by RFC 2606: no mail is ever delivered there.
var domains = []string{"example.com", "example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.example"}

var (
	tags  = []string{"newsletter", "vip", "early-adopter", "gift-buyer", "outlet", "loyalty", "student", "click-and-collect"}
	tiers = []string{"basic", "basic", "silver", "gold"}
)

// profile leaves out much: real customers do.
func profile(c *chance, l *people, r *remote.Registration, female bool) {
	p := &r.Profile
	if c.percent(12) { // came through a checkout, and told nothing
		return
	}
	p.Locale = l.tag
	if c.percent(85) {
		p.Timezone = pick(c, l.zoneList)
	}
	if c.percent(90) {
		p.Currency = l.currency
	}
	if r.Type == "" && c.percent(65) {
		p.DateOfBirth = dateOfBirth(c)
	}
	if r.Type == "" && c.percent(40) {
		p.Gender = gender(c, female)
	}
	if c.percent(35) {
		attributes(c, p)
	}
}

// gender is what somebody with such a name may say.
func gender(c *chance, female bool) string {
	switch {
	case c.percent(3):
		return "non-binary"
	case c.percent(1):
		return "rather not say"
	case female:
		return "female"
	}
	return "male"
}

// dateOfBirth is of somebody between 18 and about 90 at the end of 2025, more
// often in the middle. It takes no clock: a person does not change with time.
func dateOfBirth(c *chance) string {
	year := 2007 - (c.below(37) + c.below(37))
	return fmt.Sprintf("%04d-%02d-%02d", year, 1+c.below(12), 1+c.below(28))
}

func attributes(c *chance, p *remote.Profile) {
	if p.Attributes == nil {
		p.Attributes = remote.Attributes{}
	}
	p.Attributes["loyaltyTier"] = pick(c, tiers)
	p.Attributes["loyaltyPoints"] = float64(c.below(20_000))
	if c.percent(50) {
		p.Attributes["paperInvoice"] = c.percent(20)
	}
}

// business makes the person the contact of a company.
func business(c *chance, l *people, r *remote.Registration) {
	r.Type = "business"
	owner := pick(c, l.familyNames).name
	r.Profile.Attributes = remote.Attributes{"company": strings.ReplaceAll(l.company, "%", owner), "employees": float64(1 + c.below(500))}
	r.Tags = append(r.Tags, "b2b")
}
