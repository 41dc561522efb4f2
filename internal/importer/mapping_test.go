package importer

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// read gives the rows of an input as "line json" or "line column code".
func read(t *testing.T, input string, o Options) (rows []string, err error) {
	t.Helper()
	s, err := Open(strings.NewReader(input), o)
	if err != nil {
		return nil, err
	}
	for {
		row, err := s.Next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if row.Rejects == nil {
			rows = append(rows, string(row.JSON))
		}
		for _, r := range row.Rejects {
			rows = append(rows, strings.TrimSpace(r.Column+" "+r.Code))
			if r.Message == "" || r.Row != row.Number {
				t.Errorf("a reject without a reason or of another row: %+v", r)
			}
		}
	}
}

func TestMapping(t *testing.T) {
	for name, c := range map[string]struct {
		rules  []string
		input  string
		ignore bool
		want   []string
	}{
		"names that people use": {
			input: "E-Mail,FIRST_NAME,last name,Phone Number,Date of Birth,Time-Zone,Language,Tags\n" +
				"a@b.example,Ada,Lovelace,+4930123456,1815-12-10,Europe/London,en-GB,vip; news |x\n",
			want: []string{`{"name":{"given":"Ada","family":"Lovelace"},"email":"a@b.example","phone":"+4930123456",` +
				`"profile":{"dateOfBirth":"1815-12-10","locale":"en-GB","timezone":"Europe/London"},"tags":["vip","news","x"]}`}},
		"the API's own names": {
			input: "userId,type,name.given,profile.attributes.score:number,externalIds.crm\nu1,business,Ada,1.5,7\n",
			want:  []string{`{"type":"business","userId":"u1","externalIds":{"crm":"7"},"name":{"given":"Ada"},"profile":{"attributes":{"score":1.5}}}`}},
		"rules": {
			rules: []string{"Kundennummer=externalIds.crm", "VIP=profile.attributes.vip:boolean", "a=b=profile.attributes.plz", "Name=name.family", "Email=-"},
			input: "Kundennummer,VIP,a=b,Name,Email\n0042,Yes,01234,Meier,x\n,no,,,\n",
			want: []string{`{"externalIds":{"crm":"0042"},"name":{"family":"Meier"},"profile":{"attributes":{"plz":"01234","vip":true}}}`,
				`{"profile":{"attributes":{"vip":false}}}`}},
		"types": {
			rules: []string{"n=profile.attributes.n:number", "b=profile.attributes.b:boolean"},
			input: "n,b\n-1e3,TRUE\n\"1,5\",maybe\n0x10,1\nNaN,0\n1e999,\n+007,\n",
			want: []string{`{"profile":{"attributes":{"b":true,"n":-1000}}}`, "n invalid_number", "b invalid_boolean", "n invalid_number",
				"n invalid_number", "n invalid_number", `{"profile":{"attributes":{"n":7}}}`}},
		"unknown columns dropped": {ignore: true, input: "email,Shoe size,\na@b.example,42,x\n", want: []string{`{"email":"a@b.example"}`}},
		"empty cells are absent":  {input: "email,first name\n  ,Ada\n", want: []string{`{"name":{"given":"Ada"}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, c.input, Options{Mapping: Mapping{Rules: c.rules, IgnoreUnknown: c.ignore}})
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

// What cannot be imported like this says why, and shows no value.
func TestRefusedInputs(t *testing.T) {
	for name, c := range map[string]struct {
		rules         []string
		input, says   string
		format        Format
		mustNotContan string
	}{
		"unknown column":           {input: "email,Shoe size\n", says: `"Shoe size"`},
		"no header":                {input: "Ada,ada@secret.example\n", says: "must name the columns", mustNotContan: "secret"},
		"no header, a number":      {input: "Ada,+49 30 999777\n", says: "must name the columns", mustNotContan: "999777"},
		"no header, only names":    {input: "Ada,\"Lovelace, Countess of <secret>\"\n", says: "column 2", mustNotContan: "secret"},
		"one name twice":           {input: "email,email\n", says: "same name"},
		"one meaning twice":        {input: "email,E-Mail\n", says: "both mean email"},
		"a column that is missing": {rules: []string{"Mail2=email"}, input: "email\n", says: `"Mail2"`},
		"a rule without a target":  {rules: []string{"Mail"}, input: "email\n", says: "column=target"},
		"a target that is none":    {rules: []string{"email=name.first"}, input: "email\n", says: "name.first"},
		"a type that is none":      {rules: []string{"email=profile.attributes.x:date"}, input: "email\n", says: "string, number or boolean"},
		"a key that is none":       {rules: []string{"email=profile.attributes.9"}, input: "email\n", says: "key"},
		"a source that is none":    {rules: []string{"email=externalIds."}, input: "email\n", says: "source"},
		"nothing known":            {rules: []string{"x=-"}, input: "x\n", says: "no column"},
		"nothing":                  {input: "", says: "empty"},
		"a byte order mark only":   {input: "\ufeff", says: "empty"},
		"UTF-16":                   {input: "\xff\xfee\x00", says: "UTF-16"},
		"Latin-1 in the header":    {input: "email,Stra\xdfe\n", says: "not UTF-8"},
		"a broken header":          {input: "email,\"x\"y\n", says: "cannot be read"},
		"an array":                 {format: JSONLines, input: "[{}]", says: "jq"},
		"rules for JSON":           {rules: []string{"a=email"}, input: "{}", says: "CSV only"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, c.input, Options{Format: c.format, Mapping: Mapping{Rules: c.rules}})
			if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), c.says) || c.mustNotContan != "" && strings.Contains(err.Error(), c.mustNotContan) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A service's pointer is told as the file's columns.
func TestPointersAreToldAsColumns(t *testing.T) {
	s, err := Open(strings.NewReader("Mail,First name,Last name,crm,shop,tags\n"), Options{Mapping: Mapping{
		Rules: []string{"crm=externalIds.crm", "shop=externalIds.shop"}}})
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{"": "", "/email": "Mail", "/name": "First name, Last name", "/name/given": "First name",
		"/externalIds": "crm, shop", "/externalIds/*": "crm, shop", "/tags/*": "tags", "/phone": "", "/na": ""} {
		if got := s.Columns(pointer); got != want {
			t.Errorf("%q is %q, not %q", pointer, got, want)
		}
	}
}

func TestEveryAliasIsATarget(t *testing.T) {
	for name, path := range aliases {
		_, ok := plain[path]
		if _, address := postal[path]; !ok && !address || squeeze(name) != name {
			t.Errorf("%s -> %s", name, path)
		}
	}
}
