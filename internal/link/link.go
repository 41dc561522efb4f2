// Package link makes and opens the links that let a person change what is sent
// to it without a login: from a message's foot, and from the button that a mail
// program shows (RFC 8058). Whoever holds a link can use it, so it does one
// thing, for one customer, until it expires.
//
// A link is sealed: neither who it is for nor what it does can be read from the
// address, and none can be made without the key. Nothing is stored of it.
package link

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
	"golang.org/x/crypto/chacha20poly1305"
)

// Kind is the one thing that a link does.
type Kind string

// The kinds.
const (
	Unsubscribe Kind = "unsubscribe" // turns something off, and nothing on
	Preferences Kind = "preferences" // shows and changes channels and topics
)

// Link is what a token stands for.
type Link struct {
	Kind     Kind      `cbor:"1,keyasint"`
	Customer uuid.UUID `cbor:"2,keyasint"`
	Channel  string    `cbor:"3,keyasint"`           // that it is sent through
	Topic    string    `cbor:"4,keyasint,omitempty"` // of an unsubscription: from this; or
	Purpose  string    `cbor:"5,keyasint,omitempty"` // the consent to this; neither: from the channel
	Of       int64     `cbor:"6,keyasint,omitempty"` // how often the links of the customer had been revoked before
	Expires  time.Time `cbor:"7,keyasint"`
	Reaches  []byte    `cbor:"8,keyasint,omitempty"` // hash of where it is sent, see Reached
}

// Reached is a hash of an address, by which a link is known to have been sent
// there and nowhere else.
func Reached(customer uuid.UUID, address string) []byte {
	sum := sha256.Sum256(append(customer[:], address...))
	return sum[:8]
}

// ErrForged says that a token is none of ours.
var ErrForged = errors.New("link: this is no link of ours")

// Sealer makes and opens tokens.
type Sealer struct{ aead cipher.AEAD }

// format is the first byte of a token, and bound to the rest.
const format = 1

// NewSealer takes a secret of 32 bytes, the same on all instances. Random
// nonces of 192 bits never meet, however many links are made.
func NewSealer(secret []byte) (*Sealer, error) {
	aead, err := chacha20poly1305.NewX(secret)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	return &Sealer{aead}, nil
}

var encoding = func() cbor.EncMode {
	mode, err := cbor.EncOptions{Time: cbor.TimeUnixMicro}.EncMode()
	if err != nil {
		panic(err)
	}
	return mode
}()

// Token seals a link. Times are kept to the microsecond.
func (s *Sealer) Token(l Link) (string, error) {
	plain, err := encoding.Marshal(l)
	if err != nil {
		return "", err
	}
	token := make([]byte, 1+s.aead.NonceSize(), 1+s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	token[0] = format
	_, _ = rand.Read(token[1:]) // never fails
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(token, token[1:], plain, token[:1])), nil
}

// maxToken bounds what is worth looking at.
const maxToken = 1024

// Open gives the link of a token, or ErrForged. Whether it has expired or was
// revoked is for the caller to see.
func (s *Sealer) Open(token string) (Link, error) {
	if len(token) > maxToken {
		return Link{}, ErrForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 1+s.aead.NonceSize() || raw[0] != format {
		return Link{}, ErrForged
	}
	nonce := raw[1 : 1+s.aead.NonceSize()]
	plain, err := s.aead.Open(nil, nonce, raw[1+len(nonce):], raw[:1])
	if err != nil {
		return Link{}, ErrForged
	}
	var l Link
	if err := cbor.Unmarshal(plain, &l); err != nil {
		return Link{}, ErrForged
	}
	l.Expires = l.Expires.UTC().Round(time.Microsecond) // it comes as seconds with a fraction
	return l, nil
}
