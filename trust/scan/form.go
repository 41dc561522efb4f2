// Package scan looks for values in files, in whatever spelling a program may
// have written them: UTF-8 and UTF-16, upper and lower case, hex, base64 at
// each of its three offsets, URL-escaped, JSON-escaped, and inside compressed
// members.
//
// It promises nothing about encrypted or otherwise transformed values: that
// those are not found is the point.
package scan

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf16"
)

// forms are the spellings; a value is looked for in each, as it is and in
// upper and lower case.
var forms = []struct {
	name  string
	spell func(string) string
}{
	{"utf-8", func(s string) string { return s }},
	{"utf-16le", func(s string) string { return wide(s, binary.LittleEndian) }},
	{"utf-16be", func(s string) string { return wide(s, binary.BigEndian) }},
	{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"HEX", func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }},
	{"base64+0", func(s string) string { return base(s, 0, base64.StdEncoding) }},
	{"base64+1", func(s string) string { return base(s, 1, base64.StdEncoding) }},
	{"base64+2", func(s string) string { return base(s, 2, base64.StdEncoding) }},
	{"base64url+0", func(s string) string { return base(s, 0, base64.URLEncoding) }},
	{"base64url+1", func(s string) string { return base(s, 1, base64.URLEncoding) }},
	{"base64url+2", func(s string) string { return base(s, 2, base64.URLEncoding) }},
	{"query", url.QueryEscape},
	{"path", url.PathEscape},
	{"percent", func(s string) string { return percent(s, "%%%02x") }},
	{"PERCENT", func(s string) string { return percent(s, "%%%02X") }},
	{"json", func(s string) string { return escaped(s, `\u%04x`) }},
	{"JSON", func(s string) string { return escaped(s, `\u%04X`) }},
}

// cases are the ways in which a value may have been folded.
var cases = []func(string) string{func(s string) string { return s }, strings.ToLower, strings.ToUpper}

// maxForms bounds form numbers: form + case*len(forms).
const maxForms = 64

// spell gives the bytes of a form, "" if the form's number is too high.
func spell(text string, form int) string {
	if form >= len(forms)*len(cases) {
		return ""
	}
	return forms[form%len(forms)].spell(cases[form/len(forms)](text))
}

func formName(form int) string {
	return forms[form%len(forms)].name + []string{"", " lower", " upper"}[form/len(forms)]
}

func wide(s string, order binary.AppendByteOrder) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

// base is what is left of s's base64 when it stands behind unknown bytes:
// characters that depend on its neighbours are cut off.
func base(s string, offset int, e *base64.Encoding) string {
	all := e.WithPadding(base64.NoPadding).EncodeToString([]byte(strings.Repeat("\x00", offset) + s))
	first, whole := (8*offset+5)/6, 8*(offset+len(s))/6
	return all[first:whole]
}

// percent escapes whatever is not a letter or digit of ASCII.
func percent(s, format string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		if b < 0x80 && (b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z') {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, format, b)
		}
	}
	return out.String()
}

// escaped is a JSON string's content with everything beyond ASCII escaped.
func escaped(s, format string) string {
	var out strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if u < 0x80 && u != '"' && u != '\\' {
			out.WriteByte(byte(u))
		} else {
			fmt.Fprintf(&out, format, u)
		}
	}
	return out.String()
}
