package mail

import (
	"errors"
	"net"
	netmail "net/mail"
	"net/url"
	"path/filepath"
	"strings"
)

// Config says where mails go.
type Config struct {
	// URL is one of
	//   file:///var/mail/offhours  .eml files in a directory, which is created
	//   sendgrid://                SendGrid's v3 API
	//   sendgrid://host            the same at another host, as api.eu.sendgrid.com;
	//                              by plain HTTP if the host is this machine
	URL string
	// From is the sender: an address, or a name and <address>.
	From string
	// APIKey is SendGrid's. It is never part of the URL, which may be logged.
	APIKey string
}

// Open returns the transport of the configuration, or every problem found in
// it. No error holds the key or the address.
func Open(c Config) (Transport, error) {
	from, fromErr := parseSender(c.From)
	u, urlErr := parseURL(c.URL)
	var keyErr error
	if urlErr == nil && u.Scheme == "sendgrid" {
		keyErr = checkKey(c.APIKey)
	}
	if err := errors.Join(urlErr, fromErr, keyErr); err != nil {
		return nil, err
	}
	if u.Scheme == "sendgrid" {
		return newSendGrid(baseURL(u), c.APIKey, from), nil
	}
	return newFileTransport(filepath.Clean(u.Path), from)
}

func parseSender(text string) (Recipient, error) {
	a, err := netmail.ParseAddress(text)
	if err != nil || !validAddress(a.Address) || !validHeader(a.Name) {
		return Recipient{}, errors.New("mail: the sender is neither an address nor a name and <address>")
	}
	return Recipient{Name: a.Name, Email: a.Address}, nil
}

// parseURL never repeats the URL: a key may be in it by mistake.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("mail: the URL is not file:///dir, sendgrid:// or sendgrid://host")
	case u.Scheme == "file" && u.Host == "" && filepath.IsAbs(u.Path):
		return u, nil
	case u.Scheme == "sendgrid" && (u.Path == "" || u.Path == "/"):
		return u, nil
	}
	return nil, errors.New("mail: the URL is not file:///dir, sendgrid:// or sendgrid://host")
}

func checkKey(key string) error {
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("mail: SendGrid's API key is missing, or holds what no key holds")
	}
	return nil
}

// baseURL is empty for SendGrid's own global host.
func baseURL(u *url.URL) string {
	ip := net.ParseIP(u.Hostname())
	switch {
	case u.Host == "":
		return ""
	case u.Hostname() == "localhost" || ip != nil && ip.IsLoopback():
		return "http://" + u.Host
	}
	return "https://" + u.Host
}
