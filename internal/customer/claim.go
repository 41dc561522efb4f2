package customer

import "github.com/acme/customers/internal/event"

// The kinds of claims: what a customer can be looked up by.
const (
	ClaimEmail      = "email"
	ClaimPhone      = "phone"
	ClaimUserID     = "userId"
	ClaimExternalID = "externalId"
	ClaimAddress    = "addressId"
)

// Claims are the values that a customer holds now. The journal compares them
// before and after a command, and claims and releases what differs.
func Claims(s *State) []event.Claim {
	var out []event.Claim
	add := func(kind, value string, exclusive bool) {
		if value != "" {
			out = append(out, event.Claim{Kind: kind, Value: value, Exclusive: exclusive})
		}
	}
	if s.Internal.ClaimedEmail != "" {
		add(ClaimEmail, EmailKey(s.Internal.ClaimedEmail), true)
	}
	add(ClaimPhone, s.Phone.Number, false) // families share a number
	add(ClaimUserID, s.UserID, true)
	for source, id := range s.ExternalIDs {
		add(ClaimExternalID, ExternalIDKey(source, id), true)
	}
	for id := range s.Internal.AddressVersions {
		add(ClaimAddress, id, true) // stays when the address is removed: orders refer to it
	}
	return out
}

// ExternalIDKey is the form under which an external id is unique.
func ExternalIDKey(source, id string) string { return source + "\x00" + id }
