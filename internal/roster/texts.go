package roster

import (
	"fmt"
	"maps"
	"slices"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/search"
)

// NumberOf is a customer's number as people write it.
func NumberOf(ordinal uint32) string { return fmt.Sprintf("C-%08d", ordinal+1) }

// textsOf are what a customer is found by.
func textsOf(s *customer.State, ordinal uint32) []search.Text {
	texts := make([]search.Text, 0, 8)
	add := func(kind search.Kind, value string) {
		if t := (search.Text{Kind: kind, Value: value}); value != "" && !slices.Contains(texts, t) { // they are few
			texts = append(texts, t)
		}
	}
	add(search.Name, s.Name.Full())
	add(search.Preferred, s.Name.Preferred)
	for i := range s.Internal.FormerNames {
		add(search.Former, s.Internal.FormerNames[i].Full())
	}
	add(search.Email, s.Email.Address)
	add(search.Phone, s.Phone.Number)
	add(search.Number, NumberOf(ordinal))
	for _, id := range slices.Sorted(maps.Values(s.ExternalIDs)) {
		add(search.ExternalID, id)
	}
	for _, a := range s.AddressList() {
		add(search.City, a.City)
		add(search.Company, a.Company)
	}
	for _, tag := range s.Tags {
		add(search.Tag, tag)
	}
	return texts
}
