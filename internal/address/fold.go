package address

import "github.com/acme/customers/internal/address/gazetteer"

// fold is the form in which names compare.
func fold(s string) string { return gazetteer.Fold(s) }
