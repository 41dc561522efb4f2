package customer

import "strings"

//go:generate go run ./gen

// knownCurrency tells whether an ISO 4217 code is legal tender somewhere today.
func knownCurrency(code string) bool {
	return len(code) == 3 && !strings.Contains(code, " ") && strings.Contains(currencies, code)
}
