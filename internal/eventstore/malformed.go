package eventstore

import (
	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
)

// malformed reports what no log could make right: it depends on the commit
// alone. Nothing may be named twice in one commit, because check compares with
// what was there before it: the second mention would slip through.
func malformed(c *Commit) bool {
	if len(c.Appends) == 0 && len(c.Inbox) == 0 && c.Request == nil {
		return true
	}
	for i := range c.Appends {
		if misnumbered(&c.Appends[i]) {
			return true
		}
	}
	return repeats(c.Appends, func(a Append) event.Stream { return a.Stream }) ||
		repeats(c.Register, func(id uuid.UUID) uuid.UUID { return id }) ||
		repeats(c.Inbox, func(id string) string { return id }) ||
		selfContested(c.Add)
}

// misnumbered: an append is empty, or a record is not of its stream, subject
// or next version.
func misnumbered(a *Append) bool {
	for n := range a.Records {
		r := &a.Records[n]
		if r.Stream != a.Stream || r.Subject != a.Subject || r.Version != a.Expected+int64(n)+1 {
			return true
		}
	}
	return len(a.Records) == 0
}

// selfContested: two subjects ask for one exclusive claim in one commit. The
// same subject may ask twice.
func selfContested(add []Claim) bool {
	for i := range add {
		for j := range i {
			a, b := add[i], add[j]
			if a.Exclusive && b.Exclusive && a.ClaimHash == b.ClaimHash && a.Subject != b.Subject {
				return true
			}
		}
	}
	return false
}

// repeats compares pairwise: commits are small, and maps would cost more.
func repeats[T any, K comparable](list []T, key func(T) K) bool {
	for i := range list {
		for j := range i {
			if key(list[i]) == key(list[j]) {
				return true
			}
		}
	}
	return false
}
