package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseFlags_DefaultsRunEverything(t *testing.T) {
	t.Parallel()
	got, err := parseFlags(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range allParts {
		if !got.runs(part) {
			t.Errorf("part %s does not run", part)
		}
	}
	if !filepath.IsAbs(got.dir) || !filepath.IsAbs(got.bin) {
		t.Errorf("dir %q and bin %q are not absolute", got.dir, got.bin)
	}
	if got.envFile != "" || got.accounts != "" {
		t.Errorf("paths nobody gave: env file %q, accounts %q", got.envFile, got.accounts)
	}
	if want := (ports{8080, 7233, 8233, 5433, 8090, 8091}); got.ports != want {
		t.Errorf("ports %+v, want %+v", got.ports, want)
	}
	if got.grace != time.Minute {
		t.Errorf("grace %s, want 1m", got.grace)
	}
	if got.spread != 0 || !got.fairness {
		t.Errorf("spread %s and fairness %t, want none and true", got.spread, got.fairness)
	}
}

func TestParseFlags_ReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := parseFlags([]string{
		"--only", "postgres,redis,mysql", "--demo", "--accounts", "a.json", "--grace", "-1s", "--spread", "-2s", "--namespace", "a b", "extra",
	}, io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"redis"`, `"mysql"`, "--accounts", "--grace -1s", "--spread -2s", `--namespace "a b"`, `"extra"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not mention %s:\n%v", want, err)
		}
	}
}

func TestParseFlags_SettingsOfPostgreSQLAreKeptInOrder(t *testing.T) {
	t.Parallel()
	got, err := parseFlags([]string{"--postgres-set", "shared_buffers=1GB", "--postgres-set", "work_mem=8MB"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"shared_buffers=1GB", "work_mem=8MB"}; !slices.Equal(got.postgresSettings, want) {
		t.Errorf("settings %q, want %q", got.postgresSettings, want)
	}
	if _, err := parseFlags([]string{"--postgres-set", "fsync"}, io.Discard); err == nil {
		t.Error("a setting without a value is taken")
	}
}

func TestParseFlags_HelpShowsExamplesAndFlags(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if _, err := parseFlags([]string{"--help"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("error %v, want flag.ErrHelp", err)
	}
	for _, want := range []string{"devstack --demo", "--only postgres", "-postgres-port port", "-env-file file"} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("help does not have %q:\n%s", want, help.String())
		}
	}
}

func TestMigrates_OnlyWithADatabaseAndSomebodyToUseIt(t *testing.T) {
	t.Parallel()
	for only, want := range map[string]bool{
		"postgres":               false,
		"api,worker":             false,
		"postgres,worker":        true,
		"postgres,api":           true,
		"temporal,postgres,oidc": false,
	} {
		got, err := parseFlags([]string{"--only", only}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if got.migrates() != want {
			t.Errorf("--only %s: migrates %t, want %t", only, got.migrates(), want)
		}
	}
}
