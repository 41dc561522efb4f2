package customer

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/event"
)

// AddressType says what an address is for.
type AddressType string

// The address types.
const (
	Shipping        AddressType = "shipping"
	Billing         AddressType = "billing"
	BusinessAddress AddressType = "business"
)

// Address is one address of a customer. Its id and version stay good for
// whoever holds them, also when it was changed or removed since.
type Address struct {
	ID      string      `json:"id"`
	Version int64       `json:"version"` // 1, 2, 3, … of this address
	Type    AddressType `json:"type"`
	Label   string      `json:"label,omitempty"` // the customer's own name for it
	address.Address
	Phone       string               `json:"phone,omitempty"` // whom to call about a delivery, E.164
	IsDefault   bool                 `json:"isDefault"`       // of its type
	Validation  Validation           `json:"validation"`
	Coordinates *address.Coordinates `json:"coordinates,omitempty"`
}

// Validation is what was known of an address when it was stored, and how.
type Validation struct {
	Verdict     address.Verdict      `json:"verdict"`
	Checks      []address.Check      `json:"checks,omitempty"`
	Corrections []address.Correction `json:"corrections,omitempty"`
	Provider    string               `json:"provider,omitempty"` // "" is our own tables
	At          time.Time            `json:"at"`
	Pending     bool                 `json:"pending,omitzero"` // the provider did not answer; it is asked again
}

// Good reports whether the address can be delivered to, as far as is known.
func (v *Validation) Good() bool {
	return v.Verdict == address.Valid || v.Verdict == address.Corrected
}

// Reason is why an address is as it is, in one word for metrics: a code of
// ours, "provider" for one of a provider's own, "" for a valid address.
func (v *Validation) Reason() string {
	switch {
	case v.Verdict == address.Valid:
		return ""
	case v.Verdict == address.Corrected && len(v.Corrections) > 0:
		return v.Corrections[0].Reason
	case v.Pending:
		return "provider_unavailable"
	}
	for _, c := range v.Checks {
		if _, ours := checkMessages[c.Code]; c.Outcome == address.Failed && ours {
			return c.Code
		}
	}
	if v.Provider != "" {
		return "provider"
	}
	return "nothing_to_check"
}

// AddressAdded holds a new address.
type AddressAdded struct {
	AddressID string          `json:"addressId" class:"public"`
	Version   int64           `json:"version"   class:"public"` // of the address: what an order refers to
	Type      AddressType     `json:"type"      class:"public"`
	Verdict   address.Verdict `json:"verdict"   class:"public"`
	Address   Address         `json:"address"   class:"personal"`
}

func (e AddressAdded) evolve(s *State, env event.Envelope) { s.putAddress(e.Address, env) }

// AddressUpdated holds the whole address as it is now, and names what changed.
type AddressUpdated struct {
	AddressID string          `json:"addressId" class:"public"`
	Version   int64           `json:"version"   class:"public"`
	Type      AddressType     `json:"type"      class:"public"`
	Verdict   address.Verdict `json:"verdict"   class:"public"`
	Fields    []string        `json:"fields"    class:"public"`
	Address   Address         `json:"address"   class:"personal"`
}

func (e AddressUpdated) evolve(s *State, env event.Envelope) { s.putAddress(e.Address, env) }

// AddressRemoved ends an address. Its versions can be read until the customer
// is erased: orders refer to them.
type AddressRemoved struct {
	AddressID string      `json:"addressId" class:"public"`
	Type      AddressType `json:"type"      class:"public"`
}

func (e AddressRemoved) evolve(s *State, _ event.Envelope) {
	s.Addresses = maps.Clone(s.Addresses)
	delete(s.Addresses, e.AddressID)
}

// DefaultAddressChanged names the address that a type defaults to. An empty
// one: the type has none any more.
type DefaultAddressChanged struct {
	Type      AddressType `json:"type"                class:"public"`
	AddressID string      `json:"addressId,omitempty" class:"public"`
	Previous  string      `json:"previous,omitempty"  class:"public"`
}

func (e DefaultAddressChanged) evolve(s *State, _ event.Envelope) {
	s.Addresses = maps.Clone(s.Addresses)
	for id, a := range s.Addresses {
		if a.Type == e.Type {
			a.IsDefault = id == e.AddressID
			s.Addresses[id] = a
		}
	}
}

// putAddress shows a version of an address, and notes which version of the
// customer wrote it. Whether it is a default is not the address's to say.
func (s *State) putAddress(a Address, env event.Envelope) {
	before := s.Addresses[a.ID]
	a.IsDefault = before.IsDefault && before.Type == a.Type
	s.Addresses = cloned(s.Addresses)
	s.Addresses[a.ID] = a
	s.Internal.AddressVersions = cloned(s.Internal.AddressVersions)
	s.Internal.AddressVersions[a.ID] = append(slices.Clone(s.Internal.AddressVersions[a.ID]), env.Version)
}

func cloned[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// AddressList lists the addresses, oldest first.
func (s *State) AddressList() []Address {
	return slices.SortedFunc(maps.Values(s.Addresses), func(a, b Address) int { return s.older(a.ID, b.ID) })
}

func (s *State) older(a, b string) int {
	return cmp.Or(cmp.Compare(s.added(a), s.added(b)), cmp.Compare(a, b))
}

// added is the version of the customer that added an address.
func (s *State) added(id string) int64 {
	if versions := s.Internal.AddressVersions[id]; len(versions) > 0 {
		return versions[0]
	}
	return 0
}

// versions counts the versions of all addresses there ever were.
func (s *State) versions() (n int) {
	for _, versions := range s.Internal.AddressVersions {
		n += len(versions)
	}
	return n
}

// LastAdded is the address that was added last.
func (s *State) LastAdded() Address {
	list := s.AddressList()
	if len(list) == 0 {
		return Address{}
	}
	return list[len(list)-1]
}

// AddressAt gives the version of the customer that wrote a version of an
// address, also of a removed one; false when there is no such version.
func (s *State) AddressAt(id string, version int64) (int64, bool) {
	versions := s.Internal.AddressVersions[id]
	if version < 1 || version > int64(len(versions)) {
		return 0, false
	}
	return versions[version-1], true
}

// DefaultAddress gives the id of the default of a type, "" when it has none.
func (s *State) DefaultAddress(t AddressType) string {
	for id, a := range s.Addresses {
		if a.Type == t && a.IsDefault {
			return id
		}
	}
	return ""
}
