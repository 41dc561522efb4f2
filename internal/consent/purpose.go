package consent

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Basis is the ground on which data is processed (Art. 6 GDPR).
type Basis string

// The lawful bases that a purpose may rest on.
const (
	ByConsent            Basis = "consent"
	ByContract           Basis = "contract"
	ByLegalObligation    Basis = "legal_obligation"
	ByLegitimateInterest Basis = "legitimate_interest"
)

// Purpose is something that data is processed for.
type Purpose struct {
	Name       string // "marketing"
	Basis      Basis
	Retention  string        // how long data is kept for it, for people
	Life       time.Duration // of a grant; 0: until it is withdrawn
	Recipients []string      // who gets data for it
	Notices    []Notice      // oldest first
}

// Notice is one version of what a customer is told before it agrees.
type Notice struct {
	Version      string // "2026-01"
	Hash         string // SHA-256 of the text, hex
	Language     string // BCP 47
	Jurisdiction string // ISO 3166, "" for all
	// Sufficient says that a consent given under an older version still holds.
	Sufficient bool
}

// Purposes are the configuration of consents.
type Purposes []Purpose

// Find gives a purpose by name, nil when there is none.
func (p Purposes) Find(name string) *Purpose {
	i := slices.IndexFunc(p, func(x Purpose) bool { return x.Name == name })
	if i < 0 {
		return nil
	}
	return &p[i]
}

// Notice gives a version, nil when there is none.
func (p *Purpose) Notice(version string) *Notice {
	i := slices.IndexFunc(p.Notices, func(n Notice) bool { return n.Version == version })
	if i < 0 {
		return nil
	}
	return &p.Notices[i]
}

// Latest is the newest version, "" where there is none.
func (p *Purpose) Latest() string {
	if len(p.Notices) == 0 {
		return ""
	}
	return p.Notices[len(p.Notices)-1].Version
}

// Sufficient tells whether a consent given under a version of the notice still
// holds: no version since then asks for a new one.
func (p *Purpose) Sufficient(version string) bool {
	i := slices.IndexFunc(p.Notices, func(n Notice) bool { return n.Version == version })
	return i >= 0 && !slices.ContainsFunc(p.Notices[i+1:], func(n Notice) bool { return !n.Sufficient })
}

// Check refuses what cannot be meant.
func (p Purposes) Check() error {
	seen := map[string]bool{}
	for i := range p {
		one := &p[i]
		if one.Name == "" || seen[one.Name] {
			return fmt.Errorf("purpose %q is without a name or there twice", one.Name)
		}
		seen[one.Name] = true
		if len(one.Notices) == 0 && one.Basis == ByConsent {
			return fmt.Errorf("purpose %q rests on consent and has no notice", one.Name)
		}
		versions := map[string]bool{}
		for _, n := range one.Notices {
			if n.Version == "" || versions[n.Version] {
				return fmt.Errorf("purpose %q has a notice without a version, or one twice", one.Name)
			}
			versions[n.Version] = true
		}
	}
	if len(p) == 0 {
		return errors.New("there is no purpose")
	}
	return nil
}

// DefaultPurposes are those of the specification, when nothing is configured.
func DefaultPurposes() Purposes {
	notice := []Notice{{Version: "2026-01", Language: "en"}}
	return Purposes{
		{Name: "marketing", Basis: ByConsent, Life: 2 * 365 * 24 * time.Hour, Retention: "until withdrawn", Notices: notice},
		{Name: "analytics", Basis: ByConsent, Life: 365 * 24 * time.Hour, Retention: "14 months", Notices: notice},
		{Name: "personalization", Basis: ByConsent, Life: 365 * 24 * time.Hour, Retention: "until withdrawn", Notices: notice},
	}
}
