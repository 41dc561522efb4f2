package httpapi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

// sample has one member of every sort that a body may have.
type sample struct {
	Name       sampleName        `json:"name"`
	Email      string            `json:"email,omitzero"`
	Age        int               `json:"age,omitzero"`
	Small      int8              `json:"small,omitzero"`
	Ratio      float64           `json:"ratio,omitzero"`
	Agreed     bool              `json:"agreed,omitzero"`
	ID         uuid.UUID         `json:"id,omitzero"`
	Since      time.Time         `json:"since,omitzero"`
	Tags       []string          `json:"tags,omitzero"`
	Attributes map[string]string `json:"attributes,omitzero"`
	Anything   any               `json:"anything,omitzero"`
	Parent     *sample           `json:"parent,omitzero"`
	Children   []sample          `json:"children,omitzero"`
}

type sampleName struct {
	Given  string `json:"given,omitzero"`
	Family string `json:"family,omitzero"`
}

type samplePatch struct {
	Email Optional[string]          `json:"email,omitzero"`
	Age   Optional[int]             `json:"age,omitzero"`
	Name  Optional[sampleNamePatch] `json:"name,omitzero"`
	Since time.Time                 `json:"since,omitzero"`
}

type sampleNamePatch struct {
	Given  Optional[string] `json:"given,omitzero"`
	Family Optional[string] `json:"family,omitzero"`
}

// secret stands for anything that a person may have typed.
const secret = "+49 170 sécret@example.test"

func TestStrictDecoderRefuses(t *testing.T) {
	long := strings.Repeat("x", DefaultLimits().String+1)
	tests := []struct {
		name, body, code, field, pointer string
	}{
		{"nothing", ``, "malformed", "empty", ""},
		{"blanks", " \n", "malformed", "empty", ""},
		{"text", `hello`, "malformed", "syntax", ""},
		{"a byte order mark", "\ufeff{}", "malformed", "syntax", ""},
		{"a cut body", `{"name":{"given":"` + secret, "malformed", "syntax", "/name/given"},
		{"a trailing comma", `{"email":"` + secret + `",}`, "malformed", "syntax", ""},
		{"a comment", `{/*` + secret + `*/}`, "malformed", "syntax", ""},
		{"more after the value", `{} {"x":"` + secret + `"}`, "malformed", "trailing_data", ""},
		{"a name twice", `{"email":"` + secret + `","email":"b"}`, "malformed", "duplicate_member", "/email"},
		{"a name twice, once escaped", `{"email":"a","\u0065mail":"b"}`, "malformed", "duplicate_member", "/email"},
		{"a key of the caller twice", `{"attributes":{"` + secret + `":"a","` + secret + `":"b"}}`, "malformed", "duplicate_member", "/attributes/*"},
		{"a name twice where anything goes", `{"anything":{"` + secret + `":1,"` + secret + `":2}}`, "malformed", "duplicate_member", "/anything"},
		{"another case", `{"Email":"` + secret + `"}`, "invalid", "unknown_member", "/Email"},
		{"an unknown name", `{"name":{"nick":"` + secret + `"}}`, "invalid", "unknown_member", "/name/nick"},
		{"an unknown name in an array", `{"children":[{},{"nick":1}]}`, "invalid", "unknown_member", "/children/1/nick"},
		{"personal data as a name", `{"name":{"` + secret + `":1}}`, "invalid", "unknown_member", "/name"},
		{"a phone number in a name", `{"name":{"ph4917099887766":1}}`, "invalid", "unknown_member", "/name"},
		{"a very long name", `{"name":{"` + strings.Repeat("a", 42) + `":1}}`, "invalid", "unknown_member", "/name"},
		{"an empty name", `{"name":{"":1}}`, "invalid", "unknown_member", "/name"},
		{"a number for a string", `{"email":4917012345}`, "invalid", "wrong_type", "/email"},
		{"a string for a number", `{"age":"` + secret + `"}`, "invalid", "wrong_type", "/age"},
		{"a fraction for an integer", `{"age":1.5}`, "invalid", "wrong_type", "/age"},
		{"an exponent for an integer", `{"age":1e3}`, "invalid", "wrong_type", "/age"},
		{"an integer out of range", `{"small":128}`, "invalid", "wrong_type", "/small"},
		{"a float out of range", `{"ratio":1e999}`, "invalid", "wrong_type", "/ratio"},
		{"a string for a boolean", `{"agreed":"true"}`, "invalid", "wrong_type", "/agreed"},
		{"an object for a string", `{"email":{"a":"` + secret + `"}}`, "invalid", "wrong_type", "/email"},
		{"a string for an object", `{"name":"` + secret + `"}`, "invalid", "wrong_type", "/name"},
		{"a string for an array", `{"tags":"` + secret + `"}`, "invalid", "wrong_type", "/tags"},
		{"an array for the body", `[]`, "invalid", "wrong_type", ""},
		{"no UUID", `{"id":"` + secret + `"}`, "invalid", "invalid_format", "/id"},
		{"no instant", `{"since":"` + secret + `"}`, "invalid", "wrong_type", "/since"},
		{"a wrong element", `{"tags":["a",7]}`, "invalid", "wrong_type", "/tags/1"},
		{"a wrong attribute", `{"attributes":{"` + secret + `":7}}`, "invalid", "wrong_type", "/attributes/*"},
		{"null for a string", `{"email":null}`, "invalid", "null", "/email"},
		{"null in an object", `{"name":{"given":null}}`, "invalid", "null", "/name/given"},
		{"null in an array", `{"tags":["a",null]}`, "invalid", "null", "/tags/1"},
		{"null for an attribute", `{"attributes":{"` + secret + `":null}}`, "invalid", "null", "/attributes/*"},
		{"null for the body", `null`, "invalid", "null", ""},
		{"bytes that are no UTF-8", "{\"email\":\"\xff\"}", "malformed", "invalid_utf8", ""},
		{"a lone high surrogate", `{"email":"\ud83d"}`, "malformed", "syntax", "/email"},
		{"a lone low surrogate", `{"email":"\ude00"}`, "malformed", "syntax", "/email"},
		{"surrogates in the wrong order", `{"email":"\ude00\ud83d"}`, "malformed", "syntax", "/email"},
		{"a control character", "{\"email\":\"a\x01\"}", "malformed", "syntax", "/email"},
		{"a leading zero", `{"age":007}`, "malformed", "syntax", ""},
		{"a string too long", `{"name":{"family":"` + long + `"}}`, "invalid", "too_long", "/name/family"},
		{"a number too long", `{"ratio":0.` + strings.Repeat("1", 40) + `}`, "malformed", "number_too_long", "/ratio"},
		{"nested too deep", `{"anything":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, "malformed", "too_deep", "/anything"},
		{"nested far too deep", strings.Repeat(`{"parent":`, 100_000), "malformed", "too_deep", strings.Repeat("/parent", 16)},
		{"too many elements", `{"tags":["a"` + strings.Repeat(`,"a"`, 10_000) + `]}`, "malformed", "too_many_values", "/tags/9998"},
	}
	d := newDecoder[sample](DefaultLimits())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := d.decode([]byte(tt.body))
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || len(f.Fields) != 1 {
				t.Fatalf("got %v, want a fault with one field", err)
			}
			got := [3]string{f.Code, f.Fields[0].Code, f.Fields[0].Pointer}
			if diff := cmp.Diff([3]string{tt.code, tt.field, tt.pointer}, got); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if f.Err != nil {
				t.Errorf("the fault has a cause, which may quote the body: %v", f.Err)
			}
			if shown := f.Error() + f.Msg + f.Fields[0].Msg + f.Fields[0].Pointer; strings.Contains(shown, "sécret") {
				t.Errorf("the fault repeats what was sent: %s", shown)
			}
		})
	}
}

// The same bodies, to show why a decoder of our own: encoding/json takes them.
func TestStrictDecoderIsNeeded(t *testing.T) {
	for name, body := range map[string]string{
		"case folding":    `{"EMAIL":"a"}`,
		"a unicode fold":  `{"tagſ":["a"]}`, // U+017F folds to s
		"duplicates":      `{"email":"a","email":"b"}`,
		"unknown names":   `{"nick":"a"}`,
		"null":            `{"email":null}`,
		"invalid UTF-8":   "{\"email\":\"\xff\"}",
		"lone surrogates": `{"email":"\ud83d"}`,
		"depth":           `{"anything":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := json.Unmarshal([]byte(body), &sample{}); err != nil {
				t.Errorf("encoding/json refuses this now: %v", err)
			}
			if _, err := newDecoder[sample](DefaultLimits()).decode([]byte(body)); err == nil {
				t.Error("the strict decoder accepts this")
			}
		})
	}
	// json.Decoder, which most servers use, also stops at the end of the value.
	if err := json.NewDecoder(strings.NewReader(`{} garbage`)).Decode(&sample{}); err != nil {
		t.Errorf("json.Decoder refuses trailing data now: %v", err)
	}
}

func TestStrictDecoderAccepts(t *testing.T) {
	body := ` {"name":{"given":"Zoë","family":"\u00d6z\ud83d\ude00"},"age":-3,"ratio":1.5e3,"agreed":true,` +
		`"id":"0191d2a8-0000-7000-8000-000000000001","since":"2026-11-23T10:00:00.5+01:00","tags":["a","n"],` +
		`"attributes":{"shoe size":"44"},"anything":{"a":[1,null,"x"]},"parent":null,"children":[{"email":"a@example.test"}]} `
	got, err := newDecoder[sample](DefaultLimits()).decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var want sample
	if err := json.Unmarshal([]byte(body), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("decoded (-encoding/json +ours):\n%s", diff)
	}
}

func TestOptionalTellsAbsentFromNull(t *testing.T) {
	d := newDecoder[samplePatch](DefaultLimits())
	got, err := d.decode([]byte(`{"email":null,"name":{"given":"Ann","family":null}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &samplePatch{
		Email: Optional[string]{Set: true, Null: true},
		Name: Optional[sampleNamePatch]{Set: true, Value: sampleNamePatch{
			Given:  Optional[string]{Set: true, Value: "Ann"},
			Family: Optional[string]{Set: true, Null: true},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("patch (-want +got):\n%s", diff)
	}
	if got.Age.patch() != nil || *got.Email.patch() != "" || *got.Name.Value.Given.patch() != "Ann" {
		t.Error("patch does not tell absent from null and null from a value")
	}
	for body, pointer := range map[string]string{
		`{"name":{"nick":1}}`:              "/name/nick", // strict inside an Optional too
		`{"name":{"given":"a","given":1}}`: "/name/given",
		`{"name":{"Given":"a"}}`:           "/name/Given",
		`{"age":"x"}`:                      "/age",
		`{"since":null}`:                   "/since",
	} {
		_, err := d.decode([]byte(body))
		if f := fault.From(err); len(f.Fields) != 1 || f.Fields[0].Pointer != pointer {
			t.Errorf("%s: got %v %v, want a field at %s", body, err, f.Fields, pointer)
		}
	}
}

type reparsing struct{}

func (*reparsing) UnmarshalJSON([]byte) error { return nil }

func TestTypesThatReparseAreRefusedAtStart(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a type whose UnmarshalJSON loses strictness was accepted")
		}
	}()
	newDecoder[struct{ A []reparsing }](DefaultLimits())
}
