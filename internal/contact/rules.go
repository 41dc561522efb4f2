package contact

import (
	"encoding/json"
	"fmt"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/settings"
)

// Rules are the configuration that decisions depend on.
type Rules struct {
	Purposes    consent.Purposes
	Preferences *customer.PreferenceRules
}

// file is how rules are written.
type file struct {
	Topics   []customer.Topic   `json:"topics"`
	Defaults []customer.Default `json:"defaults"`
	Purposes consent.Purposes   `json:"purposes"`
}

// DefaultRules are those that are built in.
func DefaultRules() *Rules {
	return &Rules{Purposes: consent.DefaultPurposes(), Preferences: customer.DefaultPreferences()}
}

// ParseRules reads rules as JSON. Unknown members are refused: a rule that is
// misspelt would not hold.
func ParseRules(raw []byte) (*Rules, error) {
	var f file
	if err := settings.Parse(raw, &f); err != nil {
		return nil, err
	}
	r := &Rules{Purposes: f.Purposes, Preferences: &customer.PreferenceRules{Topics: f.Topics, Defaults: f.Defaults}}
	return r, r.check()
}

// JSON writes rules as ParseRules reads them.
func (r *Rules) JSON() ([]byte, error) {
	return json.MarshalIndent(file{r.Preferences.Topics, r.Preferences.Defaults, r.Purposes}, "", "  ")
}

func (r *Rules) check() error {
	if err := r.Purposes.Check(); err != nil {
		return err
	}
	if err := r.Preferences.Check(); err != nil {
		return err
	}
	for _, t := range r.Preferences.Topics {
		if known := r.Purposes.Find(t.Purpose) != nil; !known && (t.Purpose != "" || !t.Mandatory) {
			return fmt.Errorf("topic %q has a purpose that is not there, or none and is not mandatory", t.Name)
		}
	}
	return nil
}
