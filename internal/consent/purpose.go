package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
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
	Name       string   `json:"name"` // "marketing"
	Basis      Basis    `json:"basis"`
	Retention  string   `json:"retention,omitempty"`  // how long data is kept for it, for people
	LifeDays   int      `json:"lifeDays,omitempty"`   // of a grant, of 24 hours each; 0: until it is withdrawn
	Recipients []string `json:"recipients,omitempty"` // who gets data for it
	Notices    []Notice `json:"notices,omitempty"`    // oldest first
}

// Notice is one version of what a customer is told before it agrees.
type Notice struct {
	Version      string `json:"version"`                // "2026-01"
	Hash         string `json:"hash,omitempty"`         // SHA-256 of the text, hex
	Language     string `json:"language,omitempty"`     // BCP 47
	Jurisdiction string `json:"jurisdiction,omitempty"` // ISO 3166-1 alpha-2 of the customer's country; "" for all
	// What the notice said, where that is not what the purpose says now.
	Retention  string   `json:"retention,omitempty"`
	Recipients []string `json:"recipients,omitempty"`
	// Sufficient says that a consent given under an older version still holds.
	Sufficient bool `json:"sufficient,omitempty"`
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

// appliesIn tells whether customers of a country are told this; "" is a country
// that is not known.
func (n *Notice) appliesIn(country string) bool {
	return n.Jurisdiction == "" || n.Jurisdiction == country
}

// Latest is the newest version for a country, "" where there is none.
func (p *Purpose) Latest(country string) string {
	for i := len(p.Notices) - 1; i >= 0; i-- {
		if p.Notices[i].appliesIn(country) {
			return p.Notices[i].Version
		}
	}
	return ""
}

// Sufficient tells whether a consent given under a version of the notice still
// holds: no version since then, of those for the country, asks for a new one.
func (p *Purpose) Sufficient(version, country string) bool {
	i := slices.IndexFunc(p.Notices, func(n Notice) bool { return n.Version == version })
	return i >= 0 && !slices.ContainsFunc(p.Notices[i+1:], func(n Notice) bool { return !n.Sufficient && n.appliesIn(country) })
}

// Check refuses what cannot be meant.
func (p Purposes) Check() error {
	if len(p) == 0 {
		return errors.New("there is no purpose")
	}
	for i := range p {
		one := &p[i]
		if !isWord(one.Name) || one.Name == "" || p.Find(one.Name) != one {
			return fmt.Errorf("purpose %d has no name of a-z, 0-9, _ and -, or the name of another", i+1)
		}
		if err := one.check(); err != nil {
			return fmt.Errorf("purpose %q: %w", one.Name, err)
		}
	}
	return nil
}

func (p *Purpose) check() error {
	switch {
	case !slices.Contains([]Basis{ByConsent, ByContract, ByLegalObligation, ByLegitimateInterest}, p.Basis):
		return fmt.Errorf("the basis is none of %s, %s, %s and %s", ByConsent, ByContract, ByLegalObligation, ByLegitimateInterest)
	case p.Basis == ByConsent && len(p.Notices) == 0:
		return errors.New("it rests on consent and has no notice")
	case p.LifeDays < 0 || p.LifeDays > maxLifeDays:
		return fmt.Errorf("lifeDays is not from 0 to %d", maxLifeDays)
	}
	for i := range p.Notices {
		n := &p.Notices[i]
		if n.Version == "" || p.Notice(n.Version) != n {
			return fmt.Errorf("notice %d has no version, or that of another", i+1)
		}
		if raw, err := hex.DecodeString(n.Hash); err != nil || n.Hash != "" && len(raw) != sha256.Size {
			return fmt.Errorf("the hash of notice %q is no SHA-256 in hex", n.Version)
		}
	}
	return nil
}

const maxLifeDays = 100 * 365

// DefaultPurposes are those of the specification, when nothing is configured.
func DefaultPurposes() Purposes {
	notice := []Notice{{Version: "2026-01", Language: "en"}}
	return Purposes{
		{Name: "marketing", Basis: ByConsent, LifeDays: 2 * 365, Retention: "until withdrawn", Notices: notice},
		{Name: "analytics", Basis: ByConsent, LifeDays: 365, Retention: "14 months", Notices: notice},
		{Name: "personalization", Basis: ByConsent, LifeDays: 365, Retention: "until withdrawn", Notices: notice},
	}
}
