package bustest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"sync"

	"github.com/acme/customers/internal/bus"
)

// Sealer seals with AES-GCM under keys in memory. Use NewSealer.
type Sealer struct {
	mu   sync.Mutex
	keys map[string]cipher.AEAD
	hash []byte
	// Unsealed stands for no seal at all: the control of tests that scan files.
	Unsealed bool
}

var _ bus.Sealer = (*Sealer)(nil)

// NewSealer makes one without any key.
func NewSealer() *Sealer {
	return &Sealer{keys: map[string]cipher.AEAD{}, hash: []byte(rand.Text())}
}

func (s *Sealer) key(name string, make bool) cipher.AEAD {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[name] == nil && make {
		sum := sha256.Sum256([]byte(rand.Text()))
		block, _ := aes.NewCipher(sum[:])
		s.keys[name], _ = cipher.NewGCMWithRandomNonce(block)
	}
	return s.keys[name]
}

// Seal makes the key when it is not there.
func (s *Sealer) Seal(_ context.Context, key string, aad, plain []byte) ([]byte, error) {
	if s.Unsealed {
		return plain, nil
	}
	return s.key(key, true).Seal(nil, nil, plain, aad), nil
}

// Open fails when the key is not there.
func (s *Sealer) Open(_ context.Context, key string, aad, sealed []byte) ([]byte, error) {
	if s.Unsealed {
		return sealed, nil
	}
	k := s.key(key, false)
	if k == nil {
		return nil, errors.New("the key is gone")
	}
	return k.Open(nil, nil, sealed, aad)
}

// Destroy forgets a key.
func (s *Sealer) Destroy(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, key)
	return nil
}

// Blind is an HMAC.
func (s *Sealer) Blind(kind, value string) [32]byte {
	h := hmac.New(sha256.New, s.hash)
	h.Write([]byte(kind + "\x00" + value))
	return [32]byte(h.Sum(nil))
}
