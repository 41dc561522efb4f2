package event

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Clear is what a record holds in clear besides its envelope: what the bus may
// say of it.
type Clear struct {
	Changed []string        `cbor:"1,keyasint,omitempty"` // names of the fields that the event sets
	Data    cbor.RawMessage `cbor:"2,keyasint,omitempty"` // the event's public part
}

// Encode gives the stored bytes, deterministically.
func (c Clear) Encode() []byte { return must(encoder.Marshal(c)) }

// DecodeClear reads stored bytes.
func DecodeClear(raw []byte) (Clear, error) {
	var c Clear
	if err := decoder.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("decode the clear part: %w", redact(err))
	}
	return c, nil
}
