package customer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/acme/customers/internal/fault"
)

// problems collects every rule that a request breaks, so that the caller sees
// all of them at once. Messages never repeat the value.
type problems []fault.Field

func (p *problems) add(pointer, code, msg string) {
	*p = append(*p, fault.Field{Pointer: pointer, Code: code, Msg: msg})
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return fault.ErrInvalid.At(p...)
}

// take adds the problems of a refusal below a pointer. It reports false for a
// refusal that is of another kind.
func (p *problems) take(below string, err error) bool {
	if err == nil {
		return true
	}
	f := fault.From(err)
	if f.Kind != fault.Invalid {
		return false
	}
	for _, field := range f.Fields {
		p.add(below+field.Pointer, field.Code, field.Msg)
	}
	return true
}

// text normalises a line of free text: NFC, white space trimmed and collapsed.
// It refuses control characters and more than max characters (code points).
func (p *problems) text(pointer, raw string, max int) string {
	if len(raw) > 4*max {
		p.add(pointer, "too_long", "the text is too long")
		return ""
	}
	if !utf8.ValidString(raw) {
		p.add(pointer, "not_utf8", "the text is not valid UTF-8")
		return ""
	}
	s := strings.Join(strings.Fields(norm.NFC.String(raw)), " ")
	if strings.ContainsFunc(s, forbidden) {
		p.add(pointer, "control_character", "control and formatting characters are not allowed")
		return ""
	}
	if utf8.RuneCountInString(s) > max {
		p.add(pointer, "too_long", "the text is too long")
		return ""
	}
	if s != "" && !strings.ContainsFunc(s, visible) {
		p.add(pointer, "nothing_visible", "the text shows nothing")
		return ""
	}
	return s
}

// visible is what is more than punctuation: a text of joiners and dots says
// nothing.
func visible(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r)
}

// blanks are letters and symbols that show nothing: Hangul fillers, the blank
// of Braille, the grapheme joiner.
const blanks = "\u115f\u1160\u3164\uffa0\u2800\u034f"

// forbidden are control characters and all that are not seen but change what
// is (Unicode's category Cf: bidirectional overrides, zero-width spaces, soft
// hyphens, tags): two texts that look alike would be two. Joiners stay: some
// scripts need them.
func forbidden(r rune) bool {
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	if strings.ContainsRune(blanks, r) {
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
}
