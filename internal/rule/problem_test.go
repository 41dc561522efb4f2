package rule

import (
	"strings"
	"testing"

	"github.com/acme/customers/internal/fault"
)

func explainErr(err error) string {
	var out strings.Builder
	for _, f := range fault.From(err).Fields {
		out.WriteString(f.Code + " " + f.Msg + "; ")
	}
	return out.String()
}

// Every refusal has its code and its place, and repeats nothing of the rule.
func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	l := testLanguage(t)
	for _, row := range []struct{ source, code, place string }{
		{``, CodeSyntax, "line 1, column 1: "},
		{`customer.country == "Secret`, CodeSyntax, "line 1, column 21: "},
		{`customer.country == "DE" &&`, CodeSyntax, "line 1, column 28: "},
		{"customer.country == \"DE\" &&\n  customer.secret == 1", CodeUnknownField, "line 2, column 11: "},
		{`secret(customer.country)`, CodeUnknownField, "line 1, column 7: "},
		{`customer.tags.map(secret, secret) == []`, CodeUnknownField, ""},
		{`customer.country == Secret`, CodeUnknownField, "line 1, column 21: "},
		{`customer.country == 49151`, CodeType, "line 1, column 18: == cannot be applied to (string, int)"},
		{`customer.country`, CodeNotBoolean, "line 1, column 1: "},
		{`customer.attributes["secret"]`, CodeNotBoolean, "line 1, column 1: "},
		{`customer == customer`, CodeType, "line 1, column 1: "},
		{`customer.orders == customer.orders`, CodeType, "line 1, column 1: "},
		{`has(customer.orders)`, CodeType, "line 1, column 4: "},
		{`true || customer.attributes.exists(k, k == "Secret")`, CodeType, "line 1, column 9: "},
		{`customer.attributes[customer.country] == "Secret"`, CodeType, "line 1, column 1: "},
		{`size(customer.attributes) > 49151`, CodeType, "line 1, column 6: "},
		{`"marketing" in customer.consents`, CodeType, "line 1, column 1: "},
		{`customer.consents["Secret"] == "granted"`, CodeUnknownPurpose, "line 1, column 1: "},
		{`customer.consents["marketing"] == "Secret"`, CodeUnknownValue, "line 1, column 35: "},
		{`customer.status in ["active", "Secret"]`, CodeUnknownValue, "line 1, column 31: "},
		{`"Secret" in customer.segments`, CodeUnknownSegment, "line 1, column 1: "},
		{`customer.segments.exists(s, s == "vip")`, CodeType, "line 1, column 1: "},
		{`size(customer.segments) > 1`, CodeType, "line 1, column 6: "},
		{`now > timestamp("2024-01-01T00:00:00Z")`, CodeNowMisused, "line 1, column 1: "},
		{`customer.country == "DE" && now.getHours() > 8`, CodeNowMisused, "line 1, column 29: "},
		{`customer.registeredAt == now`, CodeNowMisused, "line 1, column 26: "},
		{`now - customer.registeredAt == duration("24h")`, CodeNowMisused, "line 1, column 1: "},
		{`now - customer.registeredAt < duration("1ns")`, CodeNowMisused, "line 1, column 1: "},
		{`now - customer.registeredAt < duration("876000h")`, CodeNowMisused, "line 1, column 1: "},
		{`now - customer.registeredAt < customer.orders.lastAt - customer.orders.firstAt`, CodeNowMisused, "line 1, column 1: "},
		{`customer.tags.exists(t, now > customer.registeredAt)`, CodeNowMisused, "line 1, column 25: "},
		{`startOfDay(startOfWeek(now)) > customer.registeredAt`, CodeNowMisused, "line 1, column 24: "},
		{`customer.age + 1 > 18`, CodeNowMisused, "line 1, column 1: "},
		{`customer.age > customer.orders.count`, CodeNowMisused, "line 1, column 1: "},
		{`customer.age > 49151`, CodeNowMisused, "line 1, column 1: "},
		{`[1].exists(i, customer.age == 18)`, CodeNowMisused, "line 1, column 15: "},
		{`customer.tags.exists(now, now == "Secret")`, CodeType, "line 1, column 1: "},
		{`customer.attributes["k"].secret == 1`, CodeType, "line 1, column 1: "},
		{`customer.attributes.k.secret == 1`, CodeType, "line 1, column 1: "},
		{`customer.attributes.k.exists(x, x == "Secret")`, CodeType, "line 1, column 1: "},
		{`customer.registeredAt.getHours("Secret") == 1`, CodeType, "line 1, column 31: "},
		{`customer.email == "Secret"`, CodeType, "line 1, column 16: "},
		{`customer.country in []`, CodeType, "line 1, column 21: "},
		{`{"Secret": 1}["Secret"] == 1`, CodeType, "line 1, column 1: "},
		{`now - customer.registeredAt < duration("Secret")`, CodeType, "line 1, column 40: "},
		{`customer.registeredAt < timestamp("Secret")`, CodeType, "line 1, column 35: "},
		{`customer.country.matches("(Secret")`, CodeType, "line 1, column 26: "},
		{`customer.country.matches(customer.profile.locale)`, CodeType, "line 1, column 26: "},
		{`customer.country.matches("[Secrt]{900}")`, CodeTooCostly, "line 1, column 26: "},
		{`customer.tags.exists(a, customer.tags.exists(b, customer.tags.exists(c, a == b && b == c)))`, CodeTooCostly, ""},
		{strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100), CodeTooCostly, ""},
		{`customer.country == "` + strings.Repeat("Secret", 700) + `"`, CodeTooLong, ""},
	} {
		_, err := l.Compile(row.source)
		f := fault.From(err)
		if f.Code != fault.ErrInvalid.Code || len(f.Fields) == 0 {
			t.Errorf("%.80s: %v", row.source, err)
			continue
		}
		found := explainErr(err)
		if f.Fields[0].Code != row.code || !strings.HasPrefix(f.Fields[0].Msg, row.place) || f.Fields[0].Pointer != Pointer {
			t.Errorf("%.80s: %s", row.source, found)
		}
		if strings.Contains(strings.ToLower(found), "secr") || strings.Contains(found, "49151") {
			t.Errorf("%.80s: repeats the rule: %s", row.source, found)
		}
	}
}
