package demo

import "strings"

// A locale is what the people of one language and country have in common.
type locale struct {
	tag      string // BCP 47
	zones    string // IANA, separated by white space
	currency string // ISO 4217
	// phones are numbers in which each '#' is any digit; see phone_test.go.
	phones  string
	weight  int    // how many people, against the other locales
	company string // a business's name, with % for a family name

	female, male, family string // tables; see parts
	familyFemale         string // where it differs: name by name, as family
	style                style
}

// style is how a full name is made of the tables.
type style uint8

const (
	plainStyle  style = iota
	twoFamilies       // father's and mother's: Spain, Portugal and their languages
	patronymic        // the family table holds fathers' names: Iceland
	fatherName        // no family name, the father's given name instead: Ethiopia
	singleNames       // many have one name alone
	middleName        // a middle name is common
	noSpace           // the given name has two of the table's characters
)

// people is a locale whose tables were read.
type people struct {
	locale
	zoneList, phoneList       []string
	femaleNames, maleNames    []part
	familyNames, familyNamesF []part
	home                      homestead
}

func read(l locale, h home) *people {
	p := &people{home: homeOf(l.tag, h), locale: l, zoneList: strings.Fields(l.zones), phoneList: strings.Fields(l.phones),
		femaleNames: parts(l.female), maleNames: parts(l.male), familyNames: parts(l.family)}
	if p.familyNamesF = p.familyNames; l.familyFemale != "" {
		p.familyNamesF = parts(l.familyFemale)
	}
	return p
}

// world holds every locale as often as its weight says.
var world = func() (all []*people) {
	for _, continent := range []struct {
		locales []locale
		homes   map[string]home
	}{{europe, homesEurope}, {asia, homesAsia}, {others, homesOthers}} {
		for _, l := range continent.locales {
			p := read(l, continent.homes[l.tag])
			for range l.weight {
				all = append(all, p)
			}
		}
	}
	return all
}()
