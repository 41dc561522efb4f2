package outbound

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text reports whether somebody else's text may be kept and shown: UTF-8 of at
// most max bytes without control, format or line separator characters. A line
// feed passes where there may be lines; so do the two joiners, which Persian and
// the Indic scripts are written with. Bidirectional overrides do not (Unicode
// Technical Report 36, section 2.3).
func Text(text string, max int, lines bool) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return len(text) <= max && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		if r == nonJoiner || r == joiner || r == '\n' && lines {
			return false
		}
		return r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	})
}
