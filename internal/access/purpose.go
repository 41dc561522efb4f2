package access

import (
	"errors"
	"regexp"
)

// DefaultPurposes are what callers may say that they read for, after the
// purposes of the W3C's Data Privacy Vocabulary (w3.org/community/dpv).
func DefaultPurposes() []string {
	return []string{"account-management", "customer-care", "order-management", "delivery", "payment", "communication", "marketing",
		"fraud-prevention", "security", "legal-compliance", "rights-fulfilment", "audit", "service-optimisation", "research"}
}

var purpose = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// CheckPurposes refuses what is no list of purposes: words of lower-case
// letters and digits, joined by hyphens, of at most 64 characters, at most 256.
func CheckPurposes(list []string) error {
	if len(list) > 256 {
		return errors.New("access: more than 256 purposes")
	}
	for _, p := range list {
		if len(p) > 64 || !purpose.MatchString(p) {
			return errors.New("access: a purpose is up to 64 lower-case letters and digits, with hyphens between them")
		}
	}
	return nil
}
