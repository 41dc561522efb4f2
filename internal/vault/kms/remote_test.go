package kms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash/crc32"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gcp "cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// service is the key that the fake services below wrap with.
func service(t *testing.T) Key {
	t.Helper()
	k, err := newFileKey(make([]byte, fileKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// transit is a Vault server with one transit key. An old one takes
// associated_data and ignores it.
func transit(t *testing.T, key Key, old bool) http.Handler {
	reply := func(w http.ResponseWriter, status int, body any) {
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(body)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Plaintext      []byte `json:"plaintext"`
			Ciphertext     string `json:"ciphertext"`
			AssociatedData []byte `json:"associated_data"`
		}
		if r.Header.Get("X-Vault-Token") != "the-token" {
			reply(w, http.StatusForbidden, map[string]any{"errors": []string{"permission denied"}})
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		if old {
			in.AssociatedData = nil
		}
		switch r.URL.Path {
		case "/v1/transit/encrypt/customers":
			wrapped, _ := key.Wrap(r.Context(), in.Plaintext, in.AssociatedData)
			reply(w, http.StatusOK, map[string]any{"data": map[string]any{"ciphertext": "vault:v1:" + base64.StdEncoding.EncodeToString(wrapped)}})
		case "/v1/transit/decrypt/customers":
			wrapped, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(in.Ciphertext, "vault:v1:"))
			plain, refused := key.Unwrap(r.Context(), wrapped, in.AssociatedData)
			if err != nil || refused != nil {
				reply(w, http.StatusBadRequest, map[string]any{"errors": []string{"cipher: message authentication failed"}})
				return
			}
			reply(w, http.StatusOK, map[string]any{"data": map[string]any{"plaintext": plain}})
		default:
			reply(w, http.StatusNotFound, map[string]any{"errors": []string{}})
		}
	})
}

// vaultAt opens a root key at a Vault server over TLS.
func vaultAt(t *testing.T, h http.Handler) (Key, *httptest.Server) {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VAULT_CACERT", ca)
	t.Setenv("VAULT_TOKEN", "the-token")
	t.Setenv("VAULT_MAX_RETRIES", "0")
	return openKey(t, strings.Replace(server.URL, "https", "hcvault", 1)+"/transit/keys/customers"), server
}

func TestVaultTransit(t *testing.T) {
	k, server := vaultAt(t, transit(t, service(t), false))
	try(t, k)
	wrapped, err := k.Wrap(t.Context(), []byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	if _, err := k.Unwrap(t.Context(), wrapped, nil); !isDown(err) {
		t.Errorf("a server that is down: %v, want ErrKeyStore", err)
	}
}

// The purpose is bound even where the server ignores associated_data.
func TestVaultTransitOfAnOldServer(t *testing.T) {
	key := service(t)
	k, _ := vaultAt(t, transit(t, key, true))
	try(t, k)
	// Control: the library alone accepts another purpose there.
	bare := k.(*remote).aead
	wrapped, err := bare.EncryptWithContext(t.Context(), []byte("x"), []byte("epoch 1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.DecryptWithContext(t.Context(), wrapped, []byte("epoch 2")); err != nil {
		t.Errorf("control: %v, want an old server to accept it", err)
	}
}

func TestVaultTransitWithAWrongTokenIsDownNotRefused(t *testing.T) {
	h := transit(t, service(t), false)
	k, _ := vaultAt(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Vault-Token", "expired")
		h.ServeHTTP(w, r)
	}))
	if _, err := k.Wrap(t.Context(), []byte("x"), nil); !isDown(err) {
		t.Errorf("got %v, want ErrKeyStore", err)
	}
}

func TestAServiceThatHangsIsGivenUp(t *testing.T) {
	hang := make(chan struct{})
	k, _ := vaultAt(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(func() { close(hang) }) // before the server's own clean-up
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := k.Wrap(ctx, []byte("x"), nil); !isDown(err) {
		t.Errorf("got %v, want ErrKeyStore", err)
	}
}

func TestAWSKMS(t *testing.T) {
	key := service(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Plaintext, CiphertextBlob []byte
			EncryptionContext         map[string]string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		aad := []byte(in.EncryptionContext["associatedData"])
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.Encrypt":
			wrapped, _ := key.Wrap(r.Context(), in.Plaintext, aad)
			json.NewEncoder(w).Encode(map[string]any{"CiphertextBlob": wrapped, "KeyId": arn})
		case "TrentService.Decrypt":
			plain, err := key.Unwrap(r.Context(), in.CiphertextBlob, aad)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				json.NewEncoder(w).Encode(map[string]any{"__type": "InvalidCiphertextException"})
				return
			}
			json.NewEncoder(w).Encode(map[string]any{"Plaintext": plain, "KeyId": arn})
		}
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_KMS", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	k := openKey(t, "aws-kms://"+arn)
	try(t, k)
	server.Close()
	if _, err := k.Wrap(t.Context(), []byte("x"), nil); !isDown(err) {
		t.Errorf("a service that is down: %v, want ErrKeyStore", err)
	}
}

const arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// google is Cloud KMS with one key.
type google struct {
	gcp.UnimplementedKeyManagementServiceServer
	key Key
}

func crc(b []byte) *wrapperspb.Int64Value {
	return wrapperspb.Int64(int64(crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))))
}

func (g *google) Encrypt(ctx context.Context, in *gcp.EncryptRequest) (*gcp.EncryptResponse, error) {
	wrapped, _ := g.key.Wrap(ctx, in.Plaintext, in.AdditionalAuthenticatedData)
	return &gcp.EncryptResponse{Name: in.Name, Ciphertext: wrapped, CiphertextCrc32C: crc(wrapped),
		VerifiedPlaintextCrc32C: true, VerifiedAdditionalAuthenticatedDataCrc32C: true}, nil
}

func (g *google) Decrypt(ctx context.Context, in *gcp.DecryptRequest) (*gcp.DecryptResponse, error) {
	plain, err := g.key.Unwrap(ctx, in.Ciphertext, in.AdditionalAuthenticatedData)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, "decryption failed")
	}
	return &gcp.DecryptResponse{Plaintext: plain, PlaintextCrc32C: crc(plain)}, nil
}

func TestGoogleKMS(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	gcp.RegisterKeyManagementServiceServer(server, &google{key: service(t)})
	go server.Serve(listener)
	defer server.Stop()
	k, err := openGCP(t.Context(), "gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k",
		option.WithEndpoint(listener.Addr().String()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	try(t, k)
}
