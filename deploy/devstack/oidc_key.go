package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/renameio/v2"
)

const (
	keyBits   = 2048
	algorithm = jose.RS256
)

// signingKey signs all tokens of the stack.
type signingKey struct {
	jose.JSONWebKey
}

// loadSigningKey takes the key from the file. Its id is made of the key, so that
// it is the same in the next run.
func loadSigningKey(file string) (signingKey, error) {
	private, err := loadKey(file)
	if err != nil {
		return signingKey{}, err
	}
	key := jose.JSONWebKey{Key: private, Algorithm: string(algorithm), Use: "sig"}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return signingKey{}, fmt.Errorf("work out the id of the OIDC key: %w", err)
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return signingKey{key}, nil
}

// published is what clients verify tokens with.
func (k signingKey) published() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.Public()}}
}

func (k signingKey) sign(claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: k.JSONWebKey}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// verify reads the claims of a token that this key signed, expired or not.
func (k signingKey) verify(token string, claims any) error {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		return err
	}
	return parsed.Claims(k.Public().Key, claims)
}

// loadKey returns the key in the file, after making it if there is no file.
func loadKey(file string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return makeKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the OIDC key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is not a PEM file: remove it, and a new key is made", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the OIDC key in %s: %w", file, err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the OIDC key in %s is a %T, want RSA", file, key)
	}
	return private, nil
}

func makeKey(file string) (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make the OIDC key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the OIDC key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("create folder of the OIDC key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := renameio.WriteFile(file, text, 0o600); err != nil {
		return nil, fmt.Errorf("write the OIDC key: %w", err)
	}
	return key, nil
}
