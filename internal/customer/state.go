package customer

import (
	"time"

	"github.com/acme/customers/internal/event"
)

// Status is where a customer is in its lifecycle.
type Status string

// The lifecycle: pending -> active <-> inactive -> archived.
const (
	Pending  Status = "pending"
	Active   Status = "active"
	Inactive Status = "inactive"
	IsClosed Status = "archived"
)

// Type says who the customer is.
type Type string

// The customer types.
const (
	Individual Type = "individual"
	Business   Type = "business"
)

// State is a customer folded from its events. The JSON names are those of the
// API's resource. The zero State is a customer that was never registered.
type State struct {
	Status         Status             `json:"status,omitempty"         class:"public"`
	Type           Type               `json:"type,omitempty"           class:"public"`
	UserID         string             `json:"userId,omitempty"         class:"personal"`
	ExternalIDs    map[string]string  `json:"externalIds,omitempty"    class:"personal"`
	Name           Name               `json:"name,omitzero"            class:"within"`
	Email          Email              `json:"email,omitzero"           class:"within"`
	Phone          Phone              `json:"phone,omitzero"           class:"within"`
	Profile        Profile            `json:"profile,omitzero"         class:"within"`
	Tags           []string           `json:"tags,omitempty"           class:"personal"`
	Addresses      map[string]Address `json:"addresses,omitempty"     class:"personal"` // by id
	Preferences    Preferences        `json:"preferences,omitempty" class:"personal"`   // what was chosen, by path
	RegisteredAt   time.Time          `json:"registeredAt,omitzero"    class:"public"`
	LastActivityAt time.Time          `json:"lastActivityAt,omitzero"  class:"public"`
	Internal       Internal           `json:"internal,omitzero"        class:"within"`
}

// Internal is what the rules need and no one is shown.
type Internal struct {
	// ClaimedEmail is the address that finds this customer. It stays when the
	// address changes, until the new one is confirmed.
	ClaimedEmail string `json:"claimedEmail,omitempty" class:"personal"`
	// UserDeleted voids the tokens that the customer still holds.
	UserDeleted bool `json:"userDeleted,omitempty"  class:"public"`
	Told        Told `json:"told,omitzero"          class:"within"`
	// LinksRevoked is how often the preference links were: a link is of the time
	// between two of them, whatever the clocks say.
	LinksRevoked int64        `json:"linksRevoked,omitempty" class:"public"`
	EmailCode    Verification `json:"emailCode,omitzero"     class:"within"`
	PhoneCode    Verification `json:"phoneCode,omitzero"     class:"within"`
	EmailGuard   Guard        `json:"emailGuard,omitzero"    class:"within"`
	PhoneGuard   Guard        `json:"phoneGuard,omitzero"    class:"within"`
	Reached      Milestones   `json:"reached,omitzero"       class:"within"`
	// FormerNames are what the customer was called before, the oldest first.
	FormerNames []Name `json:"formerNames,omitempty" class:"personal"`
	// AddressVersions are the versions of this customer that wrote the versions
	// of each address, of the removed ones, too.
	AddressVersions map[string][]int64 `json:"addressVersions,omitempty" class:"personal"`
}

// Milestones are when the customer first reached the stages of the funnel.
// They stay, whatever becomes of the address or the status later.
type Milestones struct {
	VerificationRequestedAt time.Time `json:"verificationRequestedAt,omitzero" class:"public"`
	EmailVerifiedAt         time.Time `json:"emailVerifiedAt,omitzero"         class:"public"`
	ActivatedAt             time.Time `json:"activatedAt,omitzero"             class:"public"`
}

// reach notes the first time.
func reach(at *time.Time, env event.Envelope) {
	if at.IsZero() {
		*at = env.OccurredAt
	}
}

// Verification is a code that was asked for and not yet confirmed. The code
// itself is derived from the customer's key and never stored.
type Verification struct {
	DeliveryID string    `json:"deliveryId,omitempty" class:"public"`
	ExpiresAt  time.Time `json:"expiresAt,omitzero"   class:"public"`
	Failed     int       `json:"failed,omitempty"     class:"public"`
}

// Guard counts what was tried on a channel within a day. Neither a new code nor
// another address starts it over: six digits are safe only while guesses are few.
type Guard struct {
	Since  time.Time `json:"since,omitzero"   class:"public"`
	Codes  int       `json:"codes,omitempty"  class:"public"` // asked for
	Failed int       `json:"failed,omitempty" class:"public"` // wrong ones given
}

// Registered reports whether there is a customer at all.
func (s *State) Registered() bool { return s.Status != "" }
