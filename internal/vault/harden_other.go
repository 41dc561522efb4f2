//go:build !linux

package vault

// Hardening is what Harden reached.
type Hardening struct {
	NoCoreDumps bool
	NoSwap      bool
}

// Harden does nothing outside Linux: turn core dumps and swap off outside.
func Harden() (Hardening, error) { return Hardening{}, nil }
