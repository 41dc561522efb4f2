package roster

import (
	"strings"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/packed"
	"github.com/acme/customers/internal/search"
)

// sortTexts is what customers are ordered by, from which the keys of any
// collation can be made. It is part of what they are found by: where it is in
// there takes four bytes each.
type sortTexts struct {
	parts []part
	odd   map[uint32]string // those of which the place is not told by a part
}

// part is where the family name and the given name are in the full name, in
// bytes. The zero value is of who has no name.
type part struct{ family, familyLen, given, givenLen uint8 }

// oddPart is no part: two names would begin at one place.
var oddPart = part{family: 255, familyLen: 255, given: 255, givenLen: 255}

func newSortTexts() sortTexts { return sortTexts{odd: map[uint32]string{}} }

// sortText is what a name is ordered by.
func sortText(n *customer.Name) string { return strings.TrimSpace(n.Family + " " + n.Given) }

// partOf finds the names in the full one.
func partOf(n *customer.Name) (p part) {
	at := 0
	place := func(name string) (start, length int) {
		if name == "" {
			return 0, 0
		}
		start = at
		at += len(name) + 1
		return start, len(name)
	}
	place(n.Prefix)
	given, givenLen := place(n.Given)
	place(n.Middle)
	family, familyLen := place(n.Family)
	p = part{uint8(family), uint8(familyLen), uint8(given), uint8(givenLen)}
	if p.of(n.Full()) != sortText(n) { // as where a byte is not enough
		return oddPart
	}
	return p
}

// of cuts the names out of the full one.
func (p part) of(full string) string {
	family, given := full[p.family:int(p.family)+int(p.familyLen)], full[p.given:int(p.given)+int(p.givenLen)]
	return strings.TrimSpace(family + " " + given)
}

// set keeps where the text is, or the text itself where it is nowhere.
func (s *sortTexts) set(o uint32, p part, text string) {
	s.parts = packed.Grown(s.parts, int(o)+1)
	s.parts[o] = p
	delete(s.odd, o)
	if p == oddPart {
		s.odd[o] = text
	}
}

// sortText is what somebody is ordered by.
func (r *Roster) sortText(o uint32) string {
	switch p := r.sorted.at(o); p {
	case part{}:
		return ""
	case oddPart:
		return r.sorted.odd[o]
	default:
		for _, t := range r.texts.Texts(o) {
			if t.Kind == search.Name {
				return p.of(t.Value)
			}
		}
		return ""
	}
}

func (s *sortTexts) at(o uint32) part {
	if int(o) < len(s.parts) {
		return s.parts[o]
	}
	return part{}
}
