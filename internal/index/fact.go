package index

import (
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
)

// Fact is what is kept of one customer: numbers and flags, nothing personal.
// It is a function of the state alone.
type Fact struct {
	ID      uuid.UUID
	Ordinal int64
	Version int64
	Status  customer.Status
	Type    customer.Type
	Score   uint8  // completeness, 0-100
	missing uint16 // by the index of the part
	Flags   Flags
	// Addresses and those of them that are valid or corrected; at most 100.
	Addresses, Validated uint8
	// Microseconds since 1970, UTC; 0 is never.
	RegisteredAt, ActivatedAt int64
}

// Flags are what is known of a customer with yes or no.
type Flags uint8

// The flags. Those of the funnel stay once they are reached.
const (
	HasEmail Flags = 1 << iota
	EmailVerified
	HasPhone
	PhoneVerified
	ReachedRequest // a verification was requested, or made needless by the identity provider
	ReachedVerified
	HasAddress
	AddressPending // the provider has not answered about one, and still can
)

// derive gives the fact of a state.
func (f *Facts) derive(id uuid.UUID, l *Loaded) Fact {
	s := l.State
	score, missing := s.Completeness(f.weights, customer.Everything)
	out := Fact{ID: id, Ordinal: l.Row.Ordinal, Version: l.Version, Status: s.Status, Type: s.Type, Score: uint8(score),
		RegisteredAt: s.RegisteredAt.UnixMicro()}
	for _, name := range missing {
		out.missing |= 1 << f.part(name)
	}
	reached := &s.Internal.Reached
	for _, is := range [...]struct {
		flag  Flags
		holds bool
	}{
		{HasEmail, s.Email.Address != ""},
		{EmailVerified, s.Email.Verified},
		{HasPhone, s.Phone.Number != ""},
		{PhoneVerified, s.Phone.Verified},
		{ReachedRequest, !reached.VerificationRequestedAt.IsZero() || !reached.EmailVerifiedAt.IsZero()},
		{ReachedVerified, !reached.EmailVerifiedAt.IsZero()},
		{HasAddress, len(s.Addresses) > 0},
		{AddressPending, pending(s)},
	} {
		if is.holds {
			out.Flags |= is.flag
		}
	}
	for _, a := range s.Addresses {
		out.Addresses++
		if a.Validation.Good() {
			out.Validated++
		}
	}
	if !reached.ActivatedAt.IsZero() {
		out.ActivatedAt = reached.ActivatedAt.UnixMicro()
	}
	return out
}

// pending: what belongs to a closed customer can never be updated.
func pending(s *customer.State) bool {
	if s.Status == customer.IsClosed {
		return false
	}
	for _, a := range s.Addresses {
		if a.Validation.Pending {
			return true
		}
	}
	return false
}

// part is the bit of a part of completeness. Only what has a weight can be
// missing, and there are at most 16 of those.
func (f *Facts) part(name string) int {
	i, _ := slices.BinarySearch(f.parts, name)
	return i
}
