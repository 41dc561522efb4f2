package memory_test

import (
	"testing"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/eventstoretest"
	"github.com/acme/customers/internal/eventstore/memory"
)

func TestSuite(t *testing.T) {
	eventstoretest.Run(t, eventstoretest.Driver{New: func(*testing.T) eventstoretest.Open {
		return func(_ *testing.T, s eventstoretest.Settings) eventstore.Store {
			if s.Now == nil {
				return memory.Open()
			}
			return memory.OpenAt(s.Now)
		}
	}})
}
