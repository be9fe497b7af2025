package main

import (
	"fmt"
	"time"

	"github.com/offhours/offhours/internal/settings"
)

// config is what the command is told by its environment. Its help and a wrong
// file need neither database nor bucket, so they are asked for when they are used.
type config struct {
	DatabaseURL string        `env:"DATABASE_URL" help:"PostgreSQL, such as postgres://user@host/offhours"`
	BucketURL   string        `env:"OFFHOURS_BUCKET_URL" help:"needed if records have files: file:///dir or s3://bucket"`
	Grace       time.Duration `env:"OFFHOURS_GRACE" envDefault:"15m" help:"time to revoke that every request is given at least, as the API has it"`
	Spread      time.Duration `env:"OFFHOURS_SPREAD" envDefault:"1m" help:"how far apart the accounts begin whose windows open at the same time; the same for all programs"`
}

func configFromEnv(environment map[string]string) (config, error) {
	c, err := settings.Parse[config](environment)
	if err == nil && c.Grace < 0 {
		err = fmt.Errorf("OFFHOURS_GRACE is %s, want 0 or more", c.Grace)
	}
	if err == nil && c.Spread < 0 {
		err = fmt.Errorf("OFFHOURS_SPREAD is %s, want 0 or more", c.Spread)
	}
	return c, err
}
