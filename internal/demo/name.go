package demo

import (
	"strings"

	"github.com/acme/customers/internal/remote"
)

// name makes a name in the way of the locale, and what an e-mail address makes
// of it.
func (l *people) name(c *chance, female bool) (n remote.Name, latin string) {
	given, family := l.maleNames, l.familyNames
	if female {
		given, family = l.femaleNames, l.familyNamesF
	}
	g, f := pick(c, given), pick(c, family)
	switch l.style {
	case twoFamilies:
		second := pick(c, family)
		f = part{f.name + " " + second.name, f.latin}
	case patronymic:
		suffix := "son"
		if female {
			suffix = "dóttir"
		}
		f = part{f.name + suffix, f.latin + fold(suffix)}
	case fatherName:
		f = pick(c, l.maleNames)
	case singleNames:
		if c.percent(35) {
			return remote.Name{Given: g.name}, g.latin
		}
	case middleName:
		if c.percent(40) {
			n.Middle = pick(c, given).name
		}
	case noSpace:
		if c.percent(60) {
			second := pick(c, given)
			g = part{g.name + second.name, g.latin + second.latin}
		}
	}
	n.Given, n.Family = g.name, f.name
	switch {
	case c.percent(2):
		n.Prefix = "Dr."
	case c.percent(3):
		n.Preferred = g.name
	case l.tag == "en-US" && !female && c.percent(4):
		n.Suffix = "Jr."
	}
	return n, strings.TrimSuffix(g.latin+"."+f.latin, ".")
}
