package activity

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/text/currency"
)

// Amount is money in ten-thousandths of a currency's unit, so that sums are
// exact whatever its decimals.
type Amount int64

const (
	decimals = 4
	unit     = 10_000
	// most is what a single amount may be: sums of a billion of them fit.
	most = Amount(900_000_000) * unit
)

var errAmount = errors.New("activity: an amount is a decimal number like 129.90")

// ParseAmount reads a decimal number like "129.90", at most four decimals.
func ParseAmount(s string) (Amount, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, part, _ := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 9 || len(part) > decimals || strings.Trim(whole+part, "0123456789") != "" || strings.HasSuffix(digits, ".") {
		return 0, errAmount
	}
	n, err := strconv.ParseInt(whole+(part + "0000")[:decimals], 10, 64)
	if err != nil || Amount(n) > most {
		return 0, errAmount
	}
	if negative {
		n = -n
	}
	return Amount(n), nil
}

// In writes an amount with the decimals of its currency, or more where it has
// more.
func (a Amount) In(code string) string {
	scale := 2
	if u, err := currency.ParseISO(code); err == nil {
		scale, _ = currency.Standard.Rounding(u)
	}
	s, sign := strconv.FormatInt(max(int64(a), -int64(a)), 10), ""
	if a < 0 {
		sign = "-"
	}
	s = strings.Repeat("0", max(0, decimals+1-len(s))) + s
	whole, part := s[:len(s)-decimals], s[len(s)-decimals:]
	for len(part) > scale && strings.HasSuffix(part, "0") {
		part = part[:len(part)-1]
	}
	if part == "" {
		return sign + whole
	}
	return sign + whole + "." + part
}

// Float is the amount for comparing, where the last cent matters less.
func (a Amount) Float() float64 { return float64(a) / unit }

// MarshalJSON writes an amount as ParseAmount reads it.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(`"` + a.In("") + `"`), nil }

// IsCurrency tells whether a code is one of ISO 4217.
func IsCurrency(code string) bool {
	u, err := currency.ParseISO(code)
	return err == nil && u.String() == code && code != "XXX"
}
