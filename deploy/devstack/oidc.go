package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/renameio/v2"
	"github.com/oauth2-proxy/mockoidc"
)

const (
	// audience is the client id tokens are made for.
	audience = "offhours"
	// tokenLife outlasts a working day.
	tokenLife = 12 * time.Hour
	keyBits   = 2048
)

// oidcProvider publishes the key the tokens of the stack are signed with.
type oidcProvider struct {
	keyFile string
	port    int

	provider *mockoidc.MockOIDC
}

// start reads the key, or makes it on the first run, and listens.
func (o *oidcProvider) start() error {
	key, err := loadKey(o.keyFile)
	if err != nil {
		return err
	}
	provider, err := mockoidc.NewServer(key)
	if err != nil {
		return fmt.Errorf("set up the OIDC provider: %w", err)
	}
	provider.ClientID = audience
	// It works out its key id on first use, which two requests must not do at once.
	if _, err := provider.Keypair.KeyID(); err != nil {
		return fmt.Errorf("work out the id of the OIDC key: %w", err)
	}
	listener, err := net.Listen("tcp", address(o.port))
	if err != nil {
		return fmt.Errorf("listen for the OIDC provider: %w", err)
	}
	if err := provider.Start(listener, nil); err != nil {
		return fmt.Errorf("start the OIDC provider: %w", err)
	}
	o.provider = provider
	return nil
}

func (o *oidcProvider) stop() error {
	if o.provider == nil {
		return nil
	}
	return o.provider.Shutdown()
}

func (o *oidcProvider) issuer() string {
	return "http://" + address(o.port) + mockoidc.IssuerBase
}

// token signs an access token for the user with this e-mail address.
func (o *oidcProvider) token(email string, now time.Time) (string, error) {
	token, err := o.provider.Keypair.SignJWT(jwt.MapClaims{
		"iss":            o.issuer(),
		"sub":            email,
		"aud":            audience,
		"email":          email,
		"email_verified": true,
		"iat":            now.Unix(),
		"nbf":            now.Unix(),
		"exp":            now.Add(tokenLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("sign token for %s: %w", email, err)
	}
	return token, nil
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
