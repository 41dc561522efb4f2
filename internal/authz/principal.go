package authz

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Role is what kind of caller a principal is. A token carries exactly one.
type Role string

// The roles. What each may do is written in policies/<role>.cedar.
const (
	RoleCustomer   Role = "customer"   // a person; reaches itself only
	RoleSupport    Role = "support"    // reads customers, never a date of birth
	RoleMarketing  Role = "marketing"  // segments and counts, never a person
	RoleCompliance Role = "compliance" // reads everything, changes nothing but its own notes
	RoleAdmin      Role = "admin"      // everything, on record
	RoleService    Role = "service"    // another program; may do what its scopes name
)

var roles = []Role{RoleCustomer, RoleSupport, RoleMarketing, RoleCompliance, RoleAdmin, RoleService}

// Roles lists the known roles.
func Roles() []Role { return slices.Clone(roles) }

// Principal is a verified caller. Principals of one token share their Scopes,
// so nobody may write to them.
//
// Subject and UserID identify a person. A principal therefore prints, logs and
// marshals as its role alone; who needs the ids must take them by name.
type Principal struct {
	Subject  string    // the issuer's name for the caller ("sub")
	UserID   string    // of a customer: the subject, by which the customer is found if Customer is zero
	Role     Role      //
	Scopes   []string  // as in the token; scopes that no policy names have no effect
	Customer uuid.UUID // of a customer: its own id if the token has one; zero for everybody else
	TokenID  string    // "jti"; empty if the token has none
	Expires  time.Time // the token is not accepted at or after this instant
}

// Has reports whether the token carries the scope. Decisions belong in
// policies; this is for what is no decision, such as the choice of a rate.
func (p Principal) Has(scope string) bool { return slices.Contains(p.Scopes, scope) }

// To is the relation of the caller to the customer of that id. A customer whose
// own id is not known is nobody's self, and no other role is ever Self.
func (p Principal) To(customer uuid.UUID) Relation {
	if p.Role == RoleCustomer && customer != uuid.Nil && customer == p.Customer {
		return Self
	}
	return Other
}

// String is the role alone.
func (p Principal) String() string { return string(p.Role) }

// Format prints the role alone under every verb, %#v and %+v included.
func (p Principal) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(p.Role)) }

// LogValue logs the role alone.
func (p Principal) LogValue() slog.Value { return slog.StringValue(string(p.Role)) }

// MarshalText keeps a principal inside another value from being written out by
// encoding/json, which slog's JSON handler uses and which asks no LogValue.
func (p Principal) MarshalText() ([]byte, error) { return []byte(p.Role), nil }

// Relation is how the caller stands to the customer that an operation is about.
type Relation uint8

// The relations.
const (
	None  Relation = iota // the operation is about no single customer, or not yet
	Self                  // the caller is that customer
	Other                 // that customer is somebody else, or is not there
)

var relations = []Relation{None, Self, Other}

// String is the name that policies use.
func (r Relation) String() string {
	switch r {
	case None:
		return "none"
	case Self:
		return "self"
	case Other:
		return "other"
	}
	return "unknown"
}
