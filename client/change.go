package client

import "encoding/json"

// Change is a member of a merge patch (RFC 7396), which says one of three
// things: its zero value leaves what is there, Cleared removes it or goes back
// to the default, and To sets it.
type Change[T any] struct {
	value *T
	clear bool
}

// To sets a member.
func To[T any](value T) Change[T] { return Change[T]{value: &value} }

// Cleared removes a member.
func Cleared[T any]() Change[T] { return Change[T]{clear: true} }

// IsZero tells that the member is left as it is, and left out of the patch.
func (c Change[T]) IsZero() bool { return c.value == nil && !c.clear }

// MarshalJSON writes the value, or null.
func (c Change[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.value) }
