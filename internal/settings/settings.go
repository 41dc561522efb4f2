// Package settings reads what operators write: JSON files of rules. A rule that
// is misspelt would not hold, so nothing unknown is passed over.
package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Parse reads one JSON value. Unknown members and anything after the value are
// errors, which say where.
func Parse(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("this cannot be read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the rules")
	}
	return nil
}
