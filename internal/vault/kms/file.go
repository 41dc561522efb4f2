package kms

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// fileKeySize is the size of a root key file: an AES-256 key and nothing else.
const fileKeySize = 32

// fileKey is a root key from a local file. The file is the one thing that must
// never be in a backup of the data.
type fileKey struct{ aead cipher.AEAD }

// openFile reads the key, and makes one where there is no file yet. A file
// that others may read is refused, not repaired: it may have been read.
func openFile(path string) (Key, error) {
	if path == "" {
		return nil, errors.New("kms: want file:PATH")
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createFile(path); err != nil {
			return nil, fmt.Errorf("kms: create the root key: %w", err)
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("kms: the root key: %w", err)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return nil, fmt.Errorf("kms: the root key %s has mode %04o; others may have read it, want 0600", path, perm)
	}
	if !info.Mode().IsRegular() || info.Size() != fileKeySize {
		return nil, fmt.Errorf("kms: the root key %s is not a file of %d bytes", path, fileKeySize)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("kms: the root key: %w", err)
	}
	defer clear(raw)
	return newFileKey(raw)
}

func newFileKey(raw []byte) (Key, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, errors.New("kms: the root key has a wrong size")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	return &fileKey{aead: aead}, nil
}

// createFile makes the key under another name and links it into place, so that
// of several processes that start together one wins and none reads half a key.
func createFile(path string) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".root-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	raw := make([]byte, fileKeySize)
	rand.Read(raw) // never fails: crypto/rand
	defer clear(raw)
	_, err = tmp.Write(raw)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Wrap is part of Key.
func (k *fileKey) Wrap(_ context.Context, plain, aad []byte) ([]byte, error) {
	return k.aead.Seal(nil, nil, plain, aad), nil
}

// Unwrap is part of Key.
func (k *fileKey) Unwrap(_ context.Context, wrapped, aad []byte) ([]byte, error) {
	plain, err := k.aead.Open(nil, nil, wrapped, aad)
	if err != nil {
		return nil, ErrRefused
	}
	return plain, nil
}

// Format prints nothing of the key, whatever the verb.
func (k *fileKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[root key]") }
