package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/acme/customers/internal/receipt"
	"github.com/acme/customers/internal/vault"
)

// receiptSigner has a key of the service itself, the same on every instance.
func receiptSigner(ctx context.Context, v *vault.Vault) (*receipt.Signer, error) {
	keys, err := v.Service(ctx, "consent-receipts")
	if err != nil {
		return nil, err
	}
	return receipt.NewSigner(keys.Derive("customers/consent-receipt/ed25519", nil))
}

type receiptCmd struct {
	Verify receiptVerifyCmd `cmd:"" help:"Check a receipt of a consent, offline."`
}

type receiptVerifyCmd struct {
	Keys string `help:"File with the keys that were published at /.well-known/jwks.json." required:"" type:"path"`
	File string `arg:"" help:"File with the receipt, or - for standard input."`
}

// maxReceipt bounds what is read: a receipt has a few kB.
const maxReceipt = 16 << 20

// Run prints what a genuine receipt says, and fails for any other.
func (r receiptVerifyCmd) Run(c console) error {
	raw, err := os.ReadFile(r.Keys)
	if err != nil {
		return coded{exitUsage, err}
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(raw, &keys); err != nil {
		return coded{exitUsage, fmt.Errorf("%s is no JWK set", r.Keys)}
	}
	compact, err := r.read(c.in)
	if err != nil {
		return coded{exitUsage, err}
	}
	found, err := receipt.Verify(compact, keys, time.Now())
	if err != nil {
		return err
	}
	out, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s\n", out)
	return err
}

// read gives the compact form, alone or as the API answers it.
func (r receiptVerifyCmd) read(in io.Reader) (string, error) {
	if r.File != "-" {
		f, err := os.Open(r.File)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxReceipt))
	raw = bytes.TrimSpace(raw)
	var answer struct {
		Receipt string `json:"receipt"`
	}
	if json.Unmarshal(raw, &answer) == nil {
		return answer.Receipt, err
	}
	return string(raw), err
}
