package settings

import "testing"

func TestNothingUnknownIsPassedOver(t *testing.T) {
	for text, good := range map[string]bool{
		`{"name":"a"}`: true, ` {} `: true, `{"nmae":"a"}`: false, `{"name":1}`: false, `[]`: false, `{} {}`: false, `{}]`: false, `{`: false, ``: false,
	} {
		var into struct{ Name string }
		if err := Parse([]byte(text), &into); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
