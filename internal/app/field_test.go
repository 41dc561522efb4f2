package app

import (
	"strings"
	"testing"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
)

// A field of the state that no group covers would be shown to nobody; one that
// is covered by mistake would be shown by the wrong permission.
func TestEveryFieldHasAGroup(t *testing.T) {
	agg, err := customer.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range agg.State.Fields() {
		_, known := fieldGroup(f.Path)
		if internal := strings.HasPrefix(f.Path, "internal."); known == internal {
			t.Errorf("%s: has a group: %v", f.Path, known)
		}
	}
	if g, _ := fieldGroup("profile.dateOfBirth"); g != authz.FieldDateOfBirth {
		t.Error("the date of birth is shown with another permission")
	}
	if _, known := fieldGroup("shoeSize"); known {
		t.Error("an unknown field has a group: this test sees nothing")
	}
}
