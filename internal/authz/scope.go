package authz

import "slices"

// The scopes that policies may name. A token may carry others, for other
// services; they have no effect here.
const (
	ScopeRead                = "customers:read"
	ScopeWrite               = "customers:write"
	ScopeRegister            = "customers:register"
	ScopeLookup              = "customers:lookup"
	ScopeDateOfBirth         = "customers:date-of-birth"
	ScopeStatistics          = "customers:statistics"
	ScopeAddresses           = "addresses:read"
	ScopePreferences         = "preferences:read"
	ScopeConsents            = "consents:read"
	ScopeConsentsRec         = "consents:write"
	ScopeContact             = "contact:decide"
	ScopeReport              = "contact:report"
	ScopeLinks               = "preference-links"
	ScopeNotesRead           = "notes:read"
	ScopeNotesWrite          = "notes:write"
	ScopeActivity            = "activities:write"
	ScopeOrderContext        = "context:order"
	ScopeCartContext         = "context:cart"
	ScopeNotificationContext = "context:notifications"
	ScopeSearch              = "customers:search"
	ScopeSegmentsRead        = "segments:read"
	ScopeSegmentsWrite       = "segments:write"
	ScopeNotify              = "notifications"
	ScopeDeadLetters         = "dead-letters"
)

// At most 64: a set of scopes is one word (scopeSet).
var scopes = []string{ScopeRead, ScopeWrite, ScopeRegister, ScopeLookup,
	ScopeDateOfBirth, ScopeStatistics, ScopeAddresses, ScopePreferences, ScopeConsents, ScopeConsentsRec, ScopeContact, ScopeReport, ScopeLinks, ScopeNotesRead, ScopeNotesWrite, ScopeActivity, ScopeOrderContext, ScopeCartContext, ScopeNotificationContext, ScopeSearch, ScopeSegmentsRead, ScopeSegmentsWrite, ScopeNotify, ScopeDeadLetters}

var scopeBits = func() map[string]scopeSet {
	bits := make(map[string]scopeSet, len(scopes))
	for i, s := range scopes {
		bits[s] = 1 << i
	}
	return bits
}()

// Scopes lists the scopes that policies may name.
func Scopes() []string { return slices.Clone(scopes) }

// scopeSet holds the known scopes of a token. Two tokens that differ only in
// scopes that we do not know decide alike, so they share one cached decision,
// and strange scopes cannot flood the cache.
type scopeSet uint64

func knownScopes(names []string) scopeSet {
	var set scopeSet
	for _, name := range names {
		set |= scopeBits[name]
	}
	return set
}

func (s scopeSet) names() []string {
	var out []string
	for i, name := range scopes {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}
