package customer

import (
	"strings"
	"testing"

	"github.com/acme/customers/internal/fault"
)

func TestRegister(t *testing.T) {
	run(t, []scenario{
		{name: "normalises what it is given",
			when: Register{At: now, Email: "  Ada@EXAMPLE.com ", Phone: "+49 (0)30 123456", Name: Name{Given: " Ada ", Family: "Love\u0301  lace"},
				Tags: []string{"vip", "a", "vip"}, ExternalIDs: map[string]string{"crm": "7"},
				Profile: Profile{Locale: "de-ch", Timezone: "Europe/Zurich", Currency: "CHF", DateOfBirth: "1990-02-28", Attributes: map[string]any{"n": 1.5, "gone": nil}}},
			then: []Event{Registered{Type: Individual, Email: "Ada@example.com", Phone: "+4930123456", Name: Name{Given: "Ada", Family: "Lov\u00e9 lace"},
				Tags: []string{"a", "vip"}, ExternalIDs: map[string]string{"crm": "7"},
				Profile: Profile{Locale: "de-CH", Timezone: "Europe/Zurich", Currency: "CHF", DateOfBirth: "1990-02-28", Attributes: map[string]any{"n": 1.5}}}}},
		{name: "people with a single name",
			when: Register{At: now, UserID: "u1", Name: Name{Given: "Suharto"}},
			then: []Event{Registered{Type: Individual, UserID: "u1", Name: Name{Given: "Suharto"}}}},
		{name: "an address that the identity provider asserts is verified and activates",
			when: Register{At: now, Email: "a@b.example", EmailVerified: true, Policy: policy},
			then: []Event{Registered{Type: Individual, Email: "a@b.example"}, EmailVerified{}, Activated{CauseEmailConfirmed}}},
		{name: "unless the policy says otherwise",
			when: Register{At: now, Email: "a@b.example", EmailVerified: true},
			then: []Event{Registered{Type: Individual, Email: "a@b.example"}, EmailVerified{}}},
		{name: "nobody could find it again", when: Register{At: now, Name: Name{Given: "Ada"}},
			refused: fault.ErrInvalid, pointers: []string{" no_identifier"}},
		{name: "what is not seen is no name", when: Register{At: now, UserID: "u\u200b1", Name: Name{Given: "\u2060"}, Tags: []string{"vip\u00ad"}},
			refused: fault.ErrInvalid, pointers: []string{"/userId control_character", "/name/given control_character", "/tags/* control_character", "/tags/* empty"}},
		{name: "joiners are part of some scripts", when: Register{At: now, UserID: "u1", Name: Name{Given: "می\u200cخواهم"}},
			then: []Event{Registered{Type: Individual, UserID: "u1", Name: Name{Given: "می\u200cخواهم"}}}},
		{name: "twice", given: []Event{ada}, when: Register{At: now, Email: "a@b.example"}, refused: fault.ErrVersion},
		{name: "every broken rule is told at once",
			when: Register{At: now, Type: "robot", Email: "ada@", Phone: "030 123456", Name: Name{Prefix: "Dr."}, Tags: []string{" "},
				ExternalIDs: map[string]string{"9": "x"}, UserID: "a\x00b",
				Profile: Profile{Locale: "klingon!", Timezone: "Europe/Atlantis", Currency: "XXX", DateOfBirth: "2999-01-01", Attributes: map[string]any{"k": []any{}}}},
			refused: fault.ErrInvalid,
			pointers: []string{"/type invalid_type", "/userId control_character", "/externalIds invalid_source", "/name name_incomplete",
				"/profile/dateOfBirth invalid_date_of_birth", "/profile/locale invalid_locale", "/profile/timezone invalid_timezone",
				"/profile/currency invalid_currency", "/profile/attributes/* invalid_type", "/tags/* empty", "/email invalid_email", "/phone invalid_phone"}},
	})
}

func TestEmailAddresses(t *testing.T) {
	good := map[string]string{
		"a@b.example": "a@b.example", "A.B+c@EXAMPLE.com": "A.B+c@example.com", "用户@例子.example": "用户@例子.example",
		"o'hara@example.com": "o'hara@example.com",
	}
	for raw, want := range good {
		if got, ok := NormalEmail(raw); !ok || got != want {
			t.Errorf("a good address was refused or became another: case %q", want)
		}
	}
	bad := []string{"", "@", "a", "a@", "@b.example", "a@b", "a..b@c.example", ".a@c.example", "a.@c.example", "a b@c.example", "a@b c.example",
		"a@-b.example", "a@b-.example", "a@b..example", "a@[127.0.0.1]", "\"a b\"@c.example", "a@b.example\r\nBcc: x@y.example", "a\u202e@b.example",
		"a\u00a0b@c.example", "a\u3000b@c.example", "a\u200bb@c.example", "a\u00ad@c.example", "a\u200f@c.example", "\ufeffa@c.example", "a\U000e0041@c.example",
		strings.Repeat("a", 65) + "@b.example", "a@" + strings.Repeat("b.", 130) + "example"}
	for _, raw := range bad {
		if _, ok := NormalEmail(raw); ok {
			t.Errorf("accepted %q", raw)
		}
	}
	if EmailKey("Ada@example.com") != EmailKey("aDA@EXAMPLE.com") || EmailKey("a@bücher.example") != EmailKey("a@xn--bcher-kva.example") {
		t.Error("two spellings of one mailbox have different keys")
	}
	if EmailKey("ada@example.com") == EmailKey("ada@example.org") {
		t.Error("two mailboxes share a key")
	}
}

func FuzzRegisterNeverPanics(f *testing.F) {
	f.Add("Ada", "ada@example.com", "+4930123456", "de-CH", "1990-02-28", "k", "v")
	f.Fuzz(func(t *testing.T, name, email, phone, locale, born, key, value string) {
		events, err := Register{At: now, Name: Name{Given: name}, Email: email, Phone: phone,
			Profile: Profile{Locale: locale, DateOfBirth: born, Attributes: map[string]any{key: value}}}.Decide(new(State))
		if err != nil {
			for _, field := range fault.From(err).Fields {
				if len(value) > 8 && strings.Contains(field.Pointer+field.Msg, value) {
					t.Error("a refusal repeats a value")
				}
			}
			return
		}
		// What was accepted is stable: registering the result again changes nothing.
		e := events[0].(Registered)
		again, err := Register{At: now, Name: e.Name, Email: e.Email, Phone: e.Phone, Profile: e.Profile}.Decide(new(State))
		if err != nil {
			t.Fatalf("its own normal form is refused: %v", fault.From(err).Fields)
		}
		if r := again[0].(Registered); r.Email != e.Email || r.Name != e.Name || r.Phone != e.Phone || r.Profile.Locale != e.Profile.Locale {
			t.Error("normalising twice differs from normalising once")
		}
	})
}

// What is decided beside a refusal would be recorded: a bad address must not
// leave a customer behind.
func TestABadAddressRefusesTheWholeRegistration(t *testing.T) {
	bad := home("b", Shipping)
	bad.Type = "holiday"
	events, err := Register{At: now, Email: "a@b.example", Addresses: []AddAddress{{Address: home("a", Shipping)}, {Address: bad}}}.Decide(new(State))
	if events != nil || fault.From(err).Kind != fault.Invalid || fault.From(err).Fields[0].Pointer != "/addresses/1/type" {
		t.Errorf("%v, %v", events, err)
	}
	events, err = Register{At: now, Email: "a@b.example", Addresses: []AddAddress{{Address: home("a", Shipping)}}}.Decide(new(State))
	if err != nil || len(events) != 3 {
		t.Errorf("%v, %v", events, err)
	}
}
