package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/offhours/offhours/internal/settings"
)

// config is everything the API is told by its environment. Temporal's own
// variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key) are read by the
// SDK's envconfig.
type config struct {
	DatabaseURL  string        `env:"DATABASE_URL,required,notEmpty" help:"PostgreSQL, such as postgres://user@host/offhours"`
	HTTPAddress  string        `env:"OFFHOURS_HTTP_ADDRESS" envDefault:"127.0.0.1:8080" help:"where to listen"`
	BucketURL    string        `env:"OFFHOURS_BUCKET_URL,required,notEmpty" help:"exports and reports: file:///dir, or s3://bucket with AWS_… as the AWS SDK reads them"`
	OIDCIssuer   string        `env:"OFFHOURS_OIDC_ISSUER,required,notEmpty" help:"URL of the OpenID Connect issuer whose tokens are accepted"`
	OIDCAudience string        `env:"OFFHOURS_OIDC_AUDIENCE,required,notEmpty" help:"audience that the tokens must be for"`
	OIDCClientID string        `env:"OFFHOURS_OIDC_CLIENT_ID" help:"client id of the page at the issuer; if it is not the audience, the page sends access tokens in place of id tokens (default: the audience)"`
	OIDCScopes   string        `env:"OFFHOURS_OIDC_SCOPES" envDefault:"openid email" help:"what the page asks the issuer for, separated by blanks; with offline_access sessions are renewed where the issuer wants that"`
	Grace        time.Duration `env:"OFFHOURS_GRACE" envDefault:"15m" help:"time to revoke that every request is given at least"`
	Spread       time.Duration `env:"OFFHOURS_SPREAD" envDefault:"1m" help:"how far apart the accounts begin whose windows open at the same time; the same for all programs"`
	UserCalls    int           `env:"OFFHOURS_USER_CALLS" envDefault:"1200" help:"calls a minute that a user may make of each api; a preview, a create or a change of hours counts for 20; 0 is no limit"`
	AccountCalls int           `env:"OFFHOURS_ACCOUNT_CALLS" envDefault:"6000" help:"the same for all users of an account together"`
	LogLevel     slog.Level    `env:"OFFHOURS_LOG_LEVEL" envDefault:"INFO" help:"DEBUG, INFO, WARN or ERROR"`
}

// configFromEnv reports all problems at once.
func configFromEnv(environment map[string]string) (config, error) {
	c, err := settings.Parse[config](environment)
	if problems := errors.Join(err, c.check()); problems != nil {
		return c, fmt.Errorf("read the configuration:\n%w", problems)
	}
	return c, nil
}

func (c config) check() error {
	var problems []error
	if c.Grace < 0 {
		problems = append(problems, fmt.Errorf("OFFHOURS_GRACE is %s, want 0 or more", c.Grace))
	}
	if c.Spread < 0 {
		problems = append(problems, fmt.Errorf("OFFHOURS_SPREAD is %s, want 0 or more", c.Spread))
	}
	if c.UserCalls < 0 || c.AccountCalls < 0 {
		problems = append(problems, errors.New("OFFHOURS_USER_CALLS and OFFHOURS_ACCOUNT_CALLS must be 0 or more"))
	}
	if u, err := url.Parse(c.OIDCIssuer); c.OIDCIssuer != "" && (err != nil || u.Host == "") {
		problems = append(problems, errors.New("OFFHOURS_OIDC_ISSUER is not a URL"))
	}
	if !slices.Contains(strings.Fields(c.OIDCScopes), "openid") {
		problems = append(problems, errors.New("OFFHOURS_OIDC_SCOPES must have openid"))
	}
	return errors.Join(problems...)
}

// clientID is the page's. Without one of its own, the page is the audience itself.
func (c config) clientID() string { return cmp.Or(c.OIDCClientID, c.OIDCAudience) }
