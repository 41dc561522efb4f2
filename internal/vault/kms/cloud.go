package kms

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go-gcpkms/v2/integration/gcpkms"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// openAWS uses the SDK's default credentials and the region of the ARN.
func openAWS(ctx context.Context, uri string) (Key, error) {
	aead, err := awskms.NewAEADWithContext(ctx, strings.TrimPrefix(uri, "aws-kms://"))
	if err != nil {
		return nil, fmt.Errorf("kms: AWS: %w", err)
	}
	return &remote{aead: aead, refused: func(err error) bool {
		_, invalid := errors.AsType[*types.InvalidCiphertextException](err)
		_, other := errors.AsType[*types.IncorrectKeyException](err)
		return invalid || other
	}}, nil
}

// openGCP uses the application default credentials; options are for tests.
func openGCP(ctx context.Context, uri string, options ...option.ClientOption) (Key, error) {
	var opts []gcpkms.Option
	if len(options) > 0 {
		opts = append(opts, gcpkms.WithGoogleAPIClientOptions(options...))
	}
	aead, err := gcpkms.GetAEADWithContext(ctx, uri, opts...)
	if err != nil {
		return nil, fmt.Errorf("kms: GCP: %w", err)
	}
	return &remote{aead: aead, refused: func(err error) bool {
		return status.Code(err) == codes.InvalidArgument
	}}, nil
}
