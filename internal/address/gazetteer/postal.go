package gazetteer

import "strings"

// Covers tells whether the postal codes of a country (ISO 3166-1 alpha-2) are
// known at all: those of Canada, the United States and the islands in their
// postal system ("PR", "GU").
func Covers(country string) bool {
	_, covered := codes().countries[country]
	return covered
}

// PostalCode finds a code: its place and the middle of its area. In the United
// States that is the ZIP code, with or without the four digits behind it; in
// Canada the first three characters (the forward sortation area), of three or
// six. The name is one that the code's mail may carry, there can be others;
// in Canada it can be a neighbourhood or a region. Nil when the code is not
// known or is none. The data is of 2024 at best: a code that is well-formed, but
// not found, may be a newer one.
func PostalCode(country, code string) []Spot {
	if !Covers(country) {
		return nil
	}
	if country == "CA" {
		return codes().find(country, sortationArea(code))
	}
	return codes().find(country, zip(code))
}

// zip gives the five digits of "12345", "12345-6789" or "123456789", "" for
// anything else.
func zip(code string) string {
	code = compact(code)
	if len(code) != 5 && len(code) != 9 || strings.Trim(code, "0123456789") != "" {
		return ""
	}
	return code[:5]
}

// sortationArea gives the first three characters of "K1A 0B1" or "K1A", "" for
// anything else.
func sortationArea(code string) string {
	code = strings.ToUpper(compact(code))
	if len(code) != 3 && len(code) != 6 {
		return ""
	}
	for i := range len(code) {
		digit := code[i] >= '0' && code[i] <= '9'
		letter := code[i] >= 'A' && code[i] <= 'Z'
		if digit != (i%2 == 1) || letter != (i%2 == 0) {
			return ""
		}
	}
	return code[:3]
}

// compact takes the separators out of a code.
func compact(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code)
}
