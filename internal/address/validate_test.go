package address

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type said struct {
	opinion Opinion
	err     error
	asked   int
}

func (*said) Name() string { return "oracle" }
func (s *said) Check(context.Context, Address) (Opinion, error) {
	s.asked++
	return s.opinion, s.err
}

type ofRequest struct{}

func (ofRequest) Error() string   { return "400" }
func (ofRequest) OfRequest() bool { return true }

func TestAProviderOverrulesTheTables(t *testing.T) {
	good := Address{Street: []string{"1 X"}, City: "Bern", PostalCode: "3011", Country: "CH"}
	wrong := good
	wrong.PostalCode = "99"
	roof := &Coordinates{46.9, 7.4, Rooftop, "oracle"}
	given := &Coordinates{1, 2, Provided, "customer"}
	suggestion := Correction{Field: "city", From: "Bern", To: "Berne", Reason: ReasonSpell}
	for _, tc := range []struct {
		name    string
		a       Address
		at      *Coordinates
		said    said
		verdict Verdict
		pending bool
		asked   int
		where   *Coordinates
	}{
		{"agrees", good, nil, said{opinion: Opinion{Verdict: Valid, Coordinates: roof}}, Valid, false, 1, roof},
		{"knows better than the tables", wrong, nil, said{opinion: Opinion{Verdict: Valid}}, Valid, false, 1, nil},
		{"finds no such door", good, nil, said{opinion: Opinion{Verdict: Invalid, Checks: []Check{{"door", "street", Failed, "no_such_door"}}}}, Invalid, false, 1, nil},
		{"suggests", good, nil, said{opinion: Opinion{Verdict: Valid, Corrections: []Correction{suggestion}}}, Corrected, false, 1, nil},
		{"does not answer", good, nil, said{err: errors.New("down")}, Unverifiable, true, 1, nil},
		{"does not answer about what cannot be right", wrong, nil, said{err: errors.New("down")}, Invalid, true, 1, nil},
		{"cannot say anything of this one", good, nil, said{err: ofRequest{}}, Valid, false, 1, nil},
		{"is not asked for half an address", Address{Country: "CH"}, nil, said{}, Invalid, false, 0, nil},
		{"is not asked about no country", Address{Country: "QQ"}, nil, said{}, Invalid, false, 0, nil},
		{"does not move what was given", good, given, said{opinion: Opinion{Verdict: Valid, Coordinates: roof}}, Valid, false, 1, given},
	} {
		v := Validator{Provider: &tc.said}
		r := v.Validate(t.Context(), tc.a, tc.at)
		if r.Verdict != tc.verdict || r.Pending != tc.pending || tc.said.asked != tc.asked {
			t.Errorf("%s: %s, pending %v, asked %d times", tc.name, r.Verdict, r.Pending, tc.said.asked)
		}
		if r.Good() && r.failed(CheckPostalCode) {
			t.Errorf("%s: a failed check beside %s", tc.name, r.Verdict)
		}
		if tc.where != nil {
			if d := cmp.Diff(tc.where, r.Coordinates); d != "" {
				t.Errorf("%s: %s", tc.name, d)
			}
		}
	}
}
