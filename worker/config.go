package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/offhours/offhours/internal/settings"
)

// config is everything the worker is told by its environment. Temporal's own
// variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key) are read by the
// SDK's envconfig.
type config struct {
	DatabaseURL    string        `env:"DATABASE_URL,required,notEmpty" help:"PostgreSQL, such as postgres://user@host/offhours"`
	BucketURL      string        `env:"OFFHOURS_BUCKET_URL,required,notEmpty" help:"exports and reports: file:///dir, or s3://bucket with AWS_… as the AWS SDK reads them"`
	MailURL        string        `env:"OFFHOURS_MAIL_URL,required,notEmpty" help:"how mails are sent: sendgrid://, or file:///dir for .eml files"`
	MailFrom       string        `env:"OFFHOURS_MAIL_FROM,required,notEmpty" help:"sender, such as Offhours <offhours@example.com>"`
	SendGridAPIKey string        `env:"SENDGRID_API_KEY" help:"needed with sendgrid://"`
	PageURL        string        `env:"OFFHOURS_PAGE_URL,required,notEmpty" help:"the page that mails link to"`
	MetricsAddress string        `env:"OFFHOURS_METRICS_ADDRESS" help:"where to serve /metrics, /healthz and /readyz, such as :9090; nowhere if empty"`
	Grace          time.Duration `env:"OFFHOURS_GRACE" envDefault:"15m" help:"time to revoke that every request is given at least; the same as the api's"`
	Spread         time.Duration `env:"OFFHOURS_SPREAD" envDefault:"1m" help:"how far apart the accounts begin whose windows open at the same time; the same for all programs"`
	LogLevel       slog.Level    `env:"OFFHOURS_LOG_LEVEL" envDefault:"INFO" help:"DEBUG, INFO, WARN or ERROR"`
}

// configFromEnv reports all problems at once.
func configFromEnv(environment map[string]string) (config, error) {
	c, err := settings.Parse[config](environment)
	if c.Grace < 0 {
		err = errors.Join(err, fmt.Errorf("OFFHOURS_GRACE is %s, want 0 or more", c.Grace))
	}
	if c.Spread < 0 {
		err = errors.Join(err, fmt.Errorf("OFFHOURS_SPREAD is %s, want 0 or more", c.Spread))
	}
	if u, wrong := url.Parse(c.PageURL); c.PageURL != "" && (wrong != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		err = errors.Join(err, errors.New("OFFHOURS_PAGE_URL is not a URL that a mail can link to: https://…"))
	}
	if err != nil {
		return c, fmt.Errorf("read the configuration:\n%w", err)
	}
	return c, nil
}
