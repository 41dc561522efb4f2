package kms

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// openHCVault reads the address from the URI and the rest from Vault's own
// environment variables, so that the token is in no flag and no URI.
func openHCVault(uri string) (Key, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return nil, errors.New("kms: want hcvault://HOST[:PORT]/MOUNT/keys/KEY")
	}
	cfg := api.DefaultConfig()
	if cfg.Error != nil {
		return nil, fmt.Errorf("kms: Vault's environment variables: %w", cfg.Error)
	}
	cfg.Address = "https://" + u.Host
	cfg.Timeout = Timeout
	cfg.MinRetryWait, cfg.MaxRetryWait = 100*time.Millisecond, time.Second
	client, err := api.NewClient(cfg)
	if err != nil {
		return nil, fmt.Errorf("kms: Vault client: %w", err)
	}
	aead, err := hcvault.NewAEAD(u.EscapedPath(), client.Logical())
	if err != nil {
		return nil, fmt.Errorf("kms: want hcvault://HOST[:PORT]/MOUNT/keys/KEY: %w", err)
	}
	return &remote{aead: waiting{aead}, refused: func(err error) bool {
		e, ok := errors.AsType[*api.ResponseError](err)
		return ok && e.StatusCode == http.StatusBadRequest
	}}, nil
}

// waiting gives a context to an AEAD that knows none. A call that outlives its
// context ends at the client's own timeout.
type waiting struct{ tink.AEAD }

// EncryptWithContext is part of tink.AEADWithContext.
func (w waiting) EncryptWithContext(ctx context.Context, plain, aad []byte) ([]byte, error) {
	return await(ctx, func() ([]byte, error) { return w.Encrypt(plain, aad) })
}

// DecryptWithContext is part of tink.AEADWithContext.
func (w waiting) DecryptWithContext(ctx context.Context, wrapped, aad []byte) ([]byte, error) {
	return await(ctx, func() ([]byte, error) { return w.Decrypt(wrapped, aad) })
}

func await(ctx context.Context, call func() ([]byte, error)) ([]byte, error) {
	type result struct {
		out []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		out, err := call()
		done <- result{out, err}
	}()
	select {
	case r := <-done:
		return r.out, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
