// Package kms holds the root key: the one key that is in no backup of ours.
//
// The root key only ever wraps the few keys of the keyring, never data, so a
// remote key service is asked at start-up, at a rotation and when a service
// key is made, not per request. A URI picks the driver:
//
//	file:PATH                             32 random bytes in a file of mode 0600
//	hcvault://HOST[:PORT]/MOUNT/keys/KEY  Vault transit; VAULT_TOKEN, VAULT_CACERT, VAULT_NAMESPACE apply
//	aws-kms://arn:aws:kms:…               AWS KMS; the SDK's usual credentials apply
//	gcp-kms://projects/…/cryptoKeys/KEY   Google Cloud KMS; the SDK's usual credentials apply
package kms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/acme/customers/internal/fault"
)

// Timeout bounds one call to a remote key service, its retries included.
const Timeout = 10 * time.Second

// ErrRefused says that the key service or the local root key did not open what
// it was given: another root key wrapped it, or it was changed.
var ErrRefused = errors.New("kms: the root key does not open this")

// Key wraps small secrets. Implementations are safe for concurrent use and
// bind aad: what was wrapped for one purpose does not open for another.
type Key interface {
	Wrap(ctx context.Context, plain, aad []byte) ([]byte, error)
	// Unwrap fails with ErrRefused where the driver can tell that the key or
	// the aad is wrong, and with fault.ErrKeyStore where the service is down.
	Unwrap(ctx context.Context, wrapped, aad []byte) ([]byte, error)
}

// Open picks the driver by the URI's scheme. A remote key is not asked yet.
func Open(ctx context.Context, uri string) (Key, error) {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok {
		return nil, errors.New("kms: the root key needs a URI such as file:root.key")
	}
	switch scheme {
	case "file":
		return openFile(rest)
	case "hcvault":
		return openHCVault(uri)
	case "aws-kms":
		return openAWS(ctx, uri)
	case "gcp-kms":
		return openGCP(ctx, uri)
	}
	return nil, fmt.Errorf("kms: unknown scheme %q; use file, hcvault, aws-kms or gcp-kms", scheme)
}

// down marks an error of a key service that could not be asked.
func down(err error) error { return fault.ErrKeyStore.With(err) }
