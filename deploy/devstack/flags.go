package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The parts that --only chooses from, in the order they are shown.
const (
	partTemporal = "temporal"
	partUI       = "ui"
	partPostgres = "postgres"
	partOIDC     = "oidc"
	partAPI      = "api"
	partWorker   = "worker"
)

var allParts = []string{partTemporal, partUI, partPostgres, partOIDC, partAPI, partWorker}

// settings is the command line, checked. Paths are absolute.
type settings struct {
	dir      string
	bin      string
	accounts string // "" lets everybody sign in, unless demo is set
	envFile  string // "" writes none

	ports     ports
	namespace string
	grace     time.Duration
	spread    time.Duration
	parts     []string

	fairness           bool
	demo               bool
	fastUnsafePostgres bool
	postgresSettings   []string // NAME=VALUE, after the stack's own
}

// ports are the ports of 127.0.0.1 the stack listens on; 0 asks for a free one.
type ports struct {
	api, temporal, ui, postgres, oidc, login int
}

// runs reports whether --only has the part.
func (s settings) runs(part string) bool { return slices.Contains(s.parts, part) }

// migrates reports whether the schema has to be brought up to date: there is
// a database and somebody who will use it.
func (s settings) migrates() bool {
	return s.runs(partPostgres) && (s.runs(partAPI) || s.runs(partWorker))
}

const usage = `Devstack runs Offhours and everything it needs on this machine.

Usage:

  devstack [flags]

Examples:

  devstack --demo
        everything, with three demo accounts and their records
  devstack --dir /tmp/stack --only temporal,postgres,oidc --env-file stack.env
        only what the product needs; start the product yourself
  devstack --only postgres --postgres-port 0 --fast-unsafe-postgres --env-file pg.env
        a database for one test run, on a free port

Flags:

`

// parseFlags reads the command line. All problems of it are reported at once.
// Help goes to help; the error is then flag.ErrHelp.
func parseFlags(args []string, help io.Writer) (settings, error) {
	var (
		s    settings
		only string
	)
	fs := flag.NewFlagSet("devstack", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&s.dir, "dir", ".offhours", "`folder` for all data and logs, kept between runs")
	fs.StringVar(&s.bin, "bin", "bin", "`folder` with the binaries migrate, load, api and worker")
	fs.StringVar(&only, "only", strings.Join(allParts, ","), "`parts` to run, separated by commas")
	fs.StringVar(&s.namespace, "namespace", "default", "Temporal `namespace`, created if missing")
	fs.DurationVar(&s.grace, "grace", time.Minute, "least `time` a request stays In Queue, so that it can be revoked")
	fs.DurationVar(&s.spread, "spread", 0, "`time` over which the accounts begin whose windows open at the same time; none, so\nthat things begin when they should, as there are few accounts")
	fs.BoolVar(&s.fairness, "fairness", true, "have Temporal dispatch the steps of different accounts in turn")
	fs.BoolVar(&s.demo, "demo", false, "load three demo accounts, and their records on the first run")
	fs.StringVar(&s.accounts, "accounts", "", "`file` of accounts whose users may sign in (default: the demo accounts with\n--demo, otherwise everybody)")
	fs.StringVar(&s.envFile, "env-file", "", "`file` to write KEY=VALUE lines to, unquoted, once everything is ready; it is\nremoved when the stack stops")
	fs.BoolVar(&s.fastUnsafePostgres, "fast-unsafe-postgres", false, "do not flush PostgreSQL's files; for data nobody will miss")
	fs.Func("postgres-set", "`NAME=VALUE` of a setting of PostgreSQL, which wins over the stack's own; may be given\nmore than once", func(setting string) error {
		if name, _, ok := strings.Cut(setting, "="); !ok || name == "" {
			return errors.New("want NAME=VALUE")
		}
		s.postgresSettings = append(s.postgresSettings, setting)
		return nil
	})
	fs.IntVar(&s.ports.api, "api-port", 8080, "`port` of the API; for all ports, 0 chooses a free one")
	fs.IntVar(&s.ports.temporal, "temporal-port", 7233, "`port` of the Temporal server (gRPC)")
	fs.IntVar(&s.ports.ui, "ui-port", 8233, "`port` of the Temporal page")
	fs.IntVar(&s.ports.postgres, "postgres-port", 5433, "`port` of PostgreSQL")
	fs.IntVar(&s.ports.oidc, "oidc-port", 8090, "`port` of the OIDC provider")
	fs.IntVar(&s.ports.login, "login-port", 8091, "`port` where POST /login gives a token")

	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(help, usage)
			fs.SetOutput(help)
			fs.PrintDefaults()
			return settings{}, err
		}
		return settings{}, fmt.Errorf("%w; --help shows all flags", err)
	}
	return s, errors.Join(s.takeArguments(fs.Args()), s.takeParts(only), s.check(), s.makeAbsolute())
}

func (s *settings) takeArguments(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q: devstack takes flags only", rest[0])
	}
	return nil
}

func (s *settings) takeParts(only string) error {
	var errs []error
	for part := range strings.SplitSeq(only, ",") {
		part = strings.TrimSpace(part)
		if !slices.Contains(allParts, part) {
			errs = append(errs, fmt.Errorf("--only: unknown part %q, known are %s", part, strings.Join(allParts, ", ")))
			continue
		}
		s.parts = append(s.parts, part)
	}
	return errors.Join(errs...)
}

func (s *settings) check() error {
	var errs []error
	if s.demo && s.accounts != "" {
		errs = append(errs, errors.New("--demo brings its own accounts: leave out --accounts"))
	}
	if s.grace < 0 {
		errs = append(errs, fmt.Errorf("--grace %s is negative", s.grace))
	}
	if s.spread < 0 {
		errs = append(errs, fmt.Errorf("--spread %s is negative", s.spread))
	}
	if s.namespace == "" || strings.ContainsAny(s.namespace, " \t\r\n/") {
		errs = append(errs, fmt.Errorf("--namespace %q: want a name without blanks and slashes", s.namespace))
	}
	return errors.Join(errs...)
}

// makeAbsolute is for the children: they need not run in our folder, and the
// addresses of bucket and mails have no relative form.
func (s *settings) makeAbsolute() error {
	for _, path := range []*string{&s.dir, &s.bin, &s.accounts, &s.envFile} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("make path %s absolute: %w", *path, err)
		}
		*path = absolute
	}
	return nil
}
