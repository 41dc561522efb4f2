package link

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func sealer(t testing.TB, secret byte) *Sealer {
	t.Helper()
	s, err := NewSealer(bytes.Repeat([]byte{secret}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func aLink() Link {
	id := uuid.Must(uuid.NewV7())
	now := time.Date(2026, 11, 27, 12, 0, 0, 123_000, time.UTC)
	return Link{Kind: Unsubscribe, Customer: id, Channel: "email", Topic: "newsletter", Of: 3, Expires: now.Add(time.Hour), Reaches: Reached(id, "a@b.example")}
}

func TestATokenOpensToItsLink(t *testing.T) {
	s, want := sealer(t, 1), aLink()
	token, err := s.Token(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sealer(t, 1).Open(token) // another instance
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	again, _ := s.Token(want)
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	if token == again || bytes.Contains(raw, want.Customer[:]) || bytes.Contains(raw, []byte("newsletter")) || len(token) > 250 {
		t.Errorf("a token of %d characters tells something", len(token))
	}
}

// Every bit of a token counts, and so does the key.
func TestForgedTokensDoNotOpen(t *testing.T) {
	s := sealer(t, 1)
	token, err := s.Token(aLink())
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	forged := map[string]bool{"": true, "x": true, token + "A": true, token[1:]: true, token + "==": true, strings.Repeat("A", 5000): true, " " + token: true}
	for i := range len(raw) * 8 {
		flipped := bytes.Clone(raw)
		flipped[i/8] ^= 1 << (i % 8)
		forged[base64.RawURLEncoding.EncodeToString(flipped)] = true
	}
	for i := range raw {
		forged[base64.RawURLEncoding.EncodeToString(raw[:i])] = true
	}
	for f := range forged {
		if _, err := s.Open(f); !errors.Is(err, ErrForged) {
			t.Errorf("a forged token of %d characters opens: %v", len(f), err)
		}
	}
	if _, err := sealer(t, 2).Open(token); !errors.Is(err, ErrForged) {
		t.Errorf("another key opens it: %v", err)
	}
	if _, err := NewSealer([]byte("short")); err == nil {
		t.Error("a short secret is taken")
	}
}

func FuzzOpen(f *testing.F) {
	s := sealer(f, 1)
	token, _ := s.Token(aLink())
	f.Add(token)
	f.Fuzz(func(t *testing.T, in string) {
		if _, err := s.Open(in); err == nil && in != token {
			t.Error("it opens")
		}
	})
}

func BenchmarkToken(b *testing.B) {
	s, l := sealer(b, 1), aLink()
	for b.Loop() {
		_, _ = s.Token(l)
	}
}
