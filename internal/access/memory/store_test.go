package memory_test

import (
	"testing"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/access/accesstest"
	"github.com/acme/customers/internal/access/memory"
)

func TestStore(t *testing.T) {
	accesstest.Run(t, func(*testing.T) accesstest.Open {
		s := memory.Open()
		return func() (access.Store, error) { return s, nil }
	})
}
