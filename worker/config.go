package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/caarlos0/env/v11"
)

// config is everything the worker is told by its environment. Temporal's own
// variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS, API key) are read by the
// SDK's envconfig.
type config struct {
	DatabaseURL    string        `env:"DATABASE_URL,required,notEmpty"`
	BucketURL      string        `env:"OFFHOURS_BUCKET_URL,required,notEmpty"`
	MailURL        string        `env:"OFFHOURS_MAIL_URL,required,notEmpty"`
	MailFrom       string        `env:"OFFHOURS_MAIL_FROM,required,notEmpty"`
	SendGridAPIKey string        `env:"SENDGRID_API_KEY"`
	PageURL        string        `env:"OFFHOURS_PAGE_URL,required,notEmpty"`
	Grace          time.Duration `env:"OFFHOURS_GRACE" envDefault:"15m"`
	LogLevel       slog.Level    `env:"OFFHOURS_LOG_LEVEL" envDefault:"INFO"`
}

// configFromEnv reports all problems at once.
func configFromEnv() (config, error) {
	c, err := env.ParseAs[config]()
	if err != nil {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	if c.Grace < 0 {
		return c, fmt.Errorf("read the configuration: OFFHOURS_GRACE is %s, want 0 or more", c.Grace)
	}
	return c, nil
}
