package customer

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Phone is a number in E.164 form and whether its holder proved to have it.
type Phone struct {
	Number   string `json:"number,omitempty"   class:"personal"`
	Verified bool   `json:"verified,omitempty" class:"public"`
}

// NormalPhone checks an international number ("+49 30 123456", any spacing) and
// gives it in E.164 form. Numbers without a country code are refused: guessing
// the country would call a stranger.
func NormalPhone(raw string) (number string, ok bool) {
	s := strings.TrimSpace(raw)
	if len(s) > 40 || !strings.HasPrefix(s, "+") {
		return "", false
	}
	n, err := phonenumbers.Parse(s, "ZZ")
	if err != nil || !phonenumbers.IsPossibleNumber(n) || n.GetExtension() != "" {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

func (p *problems) phone(pointer, raw string) string {
	number, ok := NormalPhone(raw)
	if !ok {
		p.add(pointer, "invalid_phone", "this is not a phone number with its country code, like +49 30 123456")
	}
	return number
}
