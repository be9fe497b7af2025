package main

import (
	"crypto/rand"
	"maps"
	"sync"
	"time"
)

// grant is what a code or a refresh token stands for.
type grant struct {
	id   string // the claim sid
	user member

	// Of the authorization request.
	redirectURI string
	challenge   string
	nonce       string
}

// tickets are secrets that stand for sign-ins, each good for one use. They are
// gone after a restart: people sign in again then.
type tickets struct {
	life time.Duration

	mu   sync.Mutex
	held map[string]ticket
}

type ticket struct {
	grant grant
	until time.Time
}

// issue returns a new secret.
func (t *tickets) issue(g grant) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = map[string]ticket{}
	}
	now := time.Now()
	maps.DeleteFunc(t.held, func(_ string, one ticket) bool { return now.After(one.until) })
	secret := rand.Text()
	t.held[secret] = ticket{grant: g, until: now.Add(t.life)}
	return secret
}

// take uses a secret up. It is false for one that is unknown, used or too old.
func (t *tickets) take(secret string) (grant, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.held[secret]
	delete(t.held, secret)
	return found.grant, ok && !time.Now().After(found.until)
}

// forget drops what stands for the sign-in with this id.
func (t *tickets) forget(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.held, func(_ string, one ticket) bool { return one.grant.id == id })
}
