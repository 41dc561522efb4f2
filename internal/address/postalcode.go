package address

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// tidyPostalCode writes a code as the country does, if it can be read as one:
// capital letters, ASCII digits, separators where the examples have them, no
// country prefix. Otherwise it stays, but for width and case.
func (f *Format) tidyPostalCode(raw string) (code, reason string) {
	code = strings.ToUpper(norm.NFKC.String(raw))
	if code == "" || f.postalCode == nil {
		return code, ReasonCase
	}
	bare := f.bare(code)
	for _, example := range f.PostalCodes {
		if c := shaped(bare, example); f.postalCode.MatchString(c) {
			return c, reasonOf(raw, c)
		}
	}
	for _, c := range []string{code, bare} {
		if f.postalCode.MatchString(c) {
			return c, reasonOf(raw, c)
		}
	}
	return code, ReasonCase
}

func reasonOf(raw, code string) string {
	if strings.EqualFold(raw, code) {
		return ReasonCase
	}
	return ReasonFormat
}

// bare is a code without separators and without the country in front: "CH-8001",
// "D 10115", "〒100-0001".
func (f *Format) bare(code string) string {
	strip := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == ' ' || r == '-' || r == '.' || r == '〒' || r == '–' {
				return -1
			}
			return r
		}, s)
	}
	bare := strip(code)
	for _, prefix := range []string{strip(f.PostalCodePrefix), f.Country, oldPrefixes[f.Country]} {
		if rest, ok := strings.CutPrefix(bare, prefix); ok && prefix != "" && !f.postalCode.MatchString(bare) {
			return rest
		}
	}
	return bare
}

// oldPrefixes are the vehicle codes that people still write before the code.
var oldPrefixes = map[string]string{"DE": "D", "AT": "A", "BE": "B", "FR": "F", "IT": "I", "ES": "E", "SE": "S", "NO": "N", "PT": "P", "LU": "L"}

// shaped puts separators where the example has them, counted from the end.
func shaped(bare, example string) string {
	out := []byte(bare)
	after := 0 // characters of the example behind the separator
	for i := len(example) - 1; i >= 0; i-- {
		if c := example[i]; c == ' ' || c == '-' {
			at := len(bare) - after
			if at <= 0 || at >= len(bare) {
				return bare
			}
			out = append(out[:at], append([]byte{c}, out[at:]...)...)
			continue
		}
		after++
	}
	return string(out)
}
