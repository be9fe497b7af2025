package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/caarlos0/env/v11"
)

// config is everything the API is told by its environment. Temporal's own
// variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key) are read by the
// SDK's envconfig.
type config struct {
	DatabaseURL  string        `env:"DATABASE_URL,required,notEmpty" help:"PostgreSQL, such as postgres://user@host/offhours"`
	HTTPAddress  string        `env:"OFFHOURS_HTTP_ADDRESS" envDefault:"127.0.0.1:8080" help:"where to listen"`
	BucketURL    string        `env:"OFFHOURS_BUCKET_URL,required,notEmpty" help:"exports and reports: file:///dir or s3://bucket"`
	OIDCIssuer   string        `env:"OFFHOURS_OIDC_ISSUER,required,notEmpty" help:"URL of the OpenID Connect issuer whose tokens are accepted"`
	OIDCAudience string        `env:"OFFHOURS_OIDC_AUDIENCE,required,notEmpty" help:"audience that the tokens must be for"`
	Grace        time.Duration `env:"OFFHOURS_GRACE" envDefault:"15m" help:"time to revoke that every request is given at least"`
	LogLevel     slog.Level    `env:"OFFHOURS_LOG_LEVEL" envDefault:"INFO" help:"DEBUG, INFO, WARN or ERROR"`
}

// configFromEnv reports all problems at once.
func configFromEnv(environment map[string]string) (config, error) {
	c, err := env.ParseAsWithOptions[config](env.Options{Environment: environment})
	if problems := errors.Join(err, c.check()); problems != nil {
		return c, fmt.Errorf("read the configuration: %w", problems)
	}
	return c, nil
}

func (c config) check() error {
	var problems []error
	if c.Grace < 0 {
		problems = append(problems, fmt.Errorf("OFFHOURS_GRACE is %s, want 0 or more", c.Grace))
	}
	if u, err := url.Parse(c.OIDCIssuer); c.OIDCIssuer != "" && (err != nil || u.Host == "") {
		problems = append(problems, errors.New("OFFHOURS_OIDC_ISSUER is not a URL"))
	}
	return errors.Join(problems...)
}

// describe prints a table of the variables.
func describe(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range reflect.TypeFor[config]().NumField() {
		tag := reflect.TypeFor[config]().Field(i).Tag
		name, options, _ := strings.Cut(tag.Get("env"), ",")
		otherwise := tag.Get("envDefault")
		if strings.Contains(options, "required") {
			otherwise = "(required)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", name, otherwise, tag.Get("help"))
	}
	fmt.Fprintf(table, "  TEMPORAL_…\t\tas the Temporal CLI reads them: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key\n")
	_ = table.Flush()
}
