package app

import (
	"fmt"

	"github.com/acme/customers/internal/fault"
)

// rescue makes a panic the error of one of many, so that only that one is lost.
// Defer it. The value is not repeated: it may hold a person's data.
func rescue(err *error) {
	if v := recover(); v != nil {
		*err = fault.ErrInternal.With(fmt.Errorf("app: panic %T", v))
	}
}
