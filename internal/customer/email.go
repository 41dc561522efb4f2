package customer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Email is an address and whether its holder proved to read it.
type Email struct {
	Address  string `json:"address,omitempty"  class:"personal"`
	Verified bool   `json:"verified,omitempty" class:"public"`
}

// NormalEmail checks an address (RFC 5321 dot-atoms, RFC 6531 for other
// scripts) and gives it as it is stored: NFC, domain in lower case. ok is false
// when it is not an address that mail can be sent to.
func NormalEmail(raw string) (address string, ok bool) {
	s := norm.NFC.String(strings.TrimSpace(raw))
	local, domain, found := strings.Cut(s, "@")
	if !found || len(s) > 254 || len(local) > 64 || !dotAtom(local) {
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(ascii) > 253 || !strings.Contains(ascii, ".") || !hostname(ascii) {
		return "", false
	}
	return local + "@" + strings.ToLower(domain), true
}

// EmailKey is the form under which an address is unique and looked up: two
// addresses that differ only in case, or in the spelling of an international
// domain, are one mailbox.
func EmailKey(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return strings.ToLower(norm.NFKC.String(local)) + "@" + strings.ToLower(domain)
}

func dotAtom(s string) bool {
	if s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case r < utf8.RuneSelf && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r):
			return false
		case forbidden(r), unicode.IsSpace(r):
			return false
		}
	}
	return true
}

func hostname(ascii string) bool {
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, b := range []byte(strings.ToLower(label)) {
			if !(b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-') {
				return false
			}
		}
	}
	return true
}

func (p *problems) email(pointer, raw string) string {
	address, ok := NormalEmail(raw)
	if !ok {
		p.add(pointer, "invalid_email", "this is not an e-mail address")
	}
	return address
}
