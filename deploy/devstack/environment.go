package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/google/renameio/v2"
)

// environment is how the product is told where everything is. Parts that do
// not run leave their variables alone: they may come from outside.
func (s *stack) environment() []string {
	settings := s.settings
	values := []string{
		"OFFHOURS_BUCKET_URL=" + s.folder.url("bucket", "create_dir=true"),
		"OFFHOURS_MAIL_URL=" + s.folder.url("mail", ""),
		"OFFHOURS_MAIL_FROM=Offhours <offhours@localhost>",
		"OFFHOURS_HTTP_ADDRESS=" + address(settings.ports.api),
		"OFFHOURS_PAGE_URL=" + s.apiURL() + "/",
		"OFFHOURS_GRACE=" + settings.grace.String(),
		"OFFHOURS_SPREAD=" + settings.spread.String(),
	}
	if settings.runs(partPostgres) {
		values = append(values, "DATABASE_URL="+s.postgres.dataURL(database))
	}
	if settings.runs(partTemporal) {
		values = append(values,
			"TEMPORAL_ADDRESS="+address(settings.ports.temporal),
			"TEMPORAL_NAMESPACE="+settings.namespace,
			// A developer's own Temporal profile has nothing to say here.
			"TEMPORAL_CONFIG_FILE="+os.DevNull)
	}
	if settings.runs(partOIDC) {
		values = append(values,
			"OFFHOURS_OIDC_ISSUER="+s.oidc.issuer(),
			"OFFHOURS_OIDC_AUDIENCE="+audience)
	}
	return values
}

// addresses is what a test needs beside the environment of the product.
func (s *stack) addresses() []string {
	values := []string{
		"OFFHOURS_MAIL_DIR=" + s.folder.path("mail"),
		"OFFHOURS_LOG_DIR=" + s.folder.path("log"),
	}
	if s.settings.runs(partAPI) {
		values = append(values, "OFFHOURS_API_URL="+s.apiURL())
	}
	if s.settings.runs(partOIDC) {
		values = append(values, "OFFHOURS_LOGIN_URL="+s.login.url())
	}
	if s.settings.runs(partUI) {
		values = append(values, "TEMPORAL_UI_URL="+s.ui.url())
	}
	return values
}

// envFile is the file of --env-file. Its appearance says that everything is
// ready; after that it follows the process ids of children that restart.
type envFile struct {
	path string // "" for none

	mu    sync.Mutex
	ready []string // lines; nil until everything is ready
	pids  map[string]int
}

// publish writes the file for the first time.
func (f *envFile) publish(lines []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ready = lines
	return f.write()
}

// setPID notes the process id of a child, OFFHOURS_<NAME>_PID.
func (f *envFile) setPID(name string, pid int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pids == nil {
		f.pids = map[string]int{}
	}
	f.pids[name] = pid
	return f.write()
}

// remove takes the file away: nothing is ready, or no longer.
func (f *envFile) remove() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ready = nil
	if f.path == "" {
		return nil
	}
	if err := os.Remove(f.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove --env-file: %w", err)
	}
	return nil
}

// write replaces the file in one step: a reader sees all lines or no file.
func (f *envFile) write() error {
	if f.path == "" || f.ready == nil {
		return nil
	}
	var text strings.Builder
	for _, line := range f.ready {
		fmt.Fprintln(&text, line)
	}
	for _, name := range allParts {
		if pid, ok := f.pids[name]; ok {
			fmt.Fprintf(&text, "OFFHOURS_%s_PID=%d\n", strings.ToUpper(name), pid)
		}
	}
	if err := renameio.WriteFile(f.path, []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("write --env-file: %w", err)
	}
	return nil
}
