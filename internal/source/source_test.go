package source

import (
	"strings"
	"testing"

	"github.com/acme/customers/internal/fault"
)

func TestSourcesAreParsed(t *testing.T) {
	for content, good := range map[string]bool{
		`[{"name":"loyalty","types":[{"name":"PointsEarned","schema":{"type":"object","required":["points"]}}]}]`: true, `[]`: true,
		`[{"name":"loyalty","types":[]}]`: false, `[{"name":"a b","types":[{"name":"T"}]}]`: false, `[{"name":"a","types":[{"name":""}]}]`: false,
		`[{"name":"a","types":[{"name":"T"}]},{"name":"a","types":[{"name":"T"}]}]`: false, `[{"name":"a","kind":"x","types":[{"name":"T"}]}]`: false,
		`[{"name":"a","types":[{"name":"T","schema":{"type":"nothing"}}]}]`: false, `{}`: false, `[] []`: false, ``: false,
		`[{"name":"a","types":[{"name":"T","schema":{"$ref":"http://127.0.0.1/x.json"}}]}]`: false, `[{"name":"a","types":[{"name":"T","schema":{"$ref":"file:///etc/passwd"}}]}]`: false,
	} {
		if _, err := Parse([]byte(content)); (err == nil) != good {
			t.Errorf("%s: %v", content, err)
		}
	}
}

func TestWhatASourceTellsIsChecked(t *testing.T) {
	more, err := Parse([]byte(`[{"name":"loyalty","types":[{"name":"PointsEarned","schema":{"type":"object","required":["points"],"properties":{"points":{"type":"integer"},"by":{"type":"object","additionalProperties":{"type":"integer"}}}}}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	r := Builtin().With(more)
	for _, tc := range []struct{ source, typ, data, want string }{
		{"orders", "OrderCompleted", `{"total":{"amount":"1","currency":"CHF"},"lines":3}`, ""},
		{"orders", "OrderCompleted", `{"total":{"amount":1,"currency":"CHF"}}`, "/data/total/amount schema"},
		{"orders", "OrderCompleted", `{}`, "/data schema"},
		{"loyalty", "PointsEarned", `{"points":3}`, ""},
		{"loyalty", "PointsEarned", `{"points":"Ada"}`, "/data/points schema"},
		{"loyalty", "PointsEarned", `{"points":3,"by":{"Ada Lovelace":"x"}}`, "/data/by/* schema"},
		{"loyalty", "PointsLost", `{}`, "/type unknown_type"},
		{"gossip", "Heard", `{}`, "/source unknown_source"},
		{"support", "SupportTicketResolved", `{"x":1}`, ""},
	} {
		err, got := r.Check(tc.source, tc.typ, []byte(tc.data)), ""
		if err != nil {
			f := fault.From(err).Fields[0]
			got = f.Pointer + " " + f.Code
			if strings.Contains(f.Msg, "Ada") || strings.Contains(err.Error(), "Ada") {
				t.Errorf("it repeats a value: %v", err)
			}
		}
		if got != tc.want {
			t.Errorf("%s %s %s: %q", tc.source, tc.typ, tc.data, got)
		}
	}
}
