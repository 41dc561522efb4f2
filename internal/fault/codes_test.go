package fault

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The codes are part of the API: the page and the code say the same.
func TestThePageListsEveryCode(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Count(string(page), "` | ")
	for _, f := range Codes() {
		if row := fmt.Sprintf("| `%s` | %s |", f.Code, f.Msg); !strings.Contains(string(page), row) {
			t.Errorf("docs/api.md lacks %s", row)
		}
	}
	if listed != len(Codes()) {
		t.Errorf("docs/api.md lists %d codes, there are %d", listed, len(Codes()))
	}
}

func TestACodeIsGivenOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Codes() {
		if seen[f.Code] {
			t.Errorf("%s is given twice", f.Code)
		}
		seen[f.Code] = true
	}
}

func TestFromShowsNothingOfAnUnclassifiedError(t *testing.T) {
	f := From(fmt.Errorf("row of ada@example.com"))
	if f.Kind != Internal || strings.Contains(f.Msg, "ada") || f.Code != "internal" {
		t.Errorf("%s: %s", f.Code, f.Msg)
	}
}

func TestSentinelsSurviveCausesAndFields(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", ErrInvalid.With(fmt.Errorf("x")).At(Field{Pointer: "/a"}))
	if f := From(err); f.Code != ErrInvalid.Code || len(f.Fields) != 1 || len(ErrInvalid.Fields) != 0 {
		t.Errorf("%v", f)
	}
}
