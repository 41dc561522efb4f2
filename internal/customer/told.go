package customer

import "time"

// IdentitySource is the source of what the identity provider told.
const IdentitySource = "identity"

// Told is a change that the identity provider told of. What it tells of one
// user may be handled out of order: by several instances, or because a message
// comes again after its instance died. A change that is older than one that was
// applied changes nothing, else what is out of date would stay for good.
//
// Not promised where the newer one changed nothing: then nothing of it is kept
// to compare with.
type Told struct {
	At   time.Time // by the provider's clock; zero when it does not say: it is applied
	Then Command
}

// Decide gives what follows from the change, or nothing.
func (t Told) Decide(s *State) ([]Event, error) {
	if !t.At.IsZero() && t.At.Before(s.Internal.ToldAt) {
		return nil, nil
	}
	return t.Then.Decide(s)
}
