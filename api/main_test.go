package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/api/auth/authtest"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// asCommand makes the test binary the command itself.
const asCommand = "OFFHOURS_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the command, as a process of its own.
type process struct {
	cmd   *exec.Cmd
	url   string
	token string
	lines chan string // of its log
}

// start starts the command on the world's database and a bucket, and waits until
// it listens. There is no Temporal.
func start(t *testing.T, w postgrestest.World, bucket string) *process {
	t.Helper()
	return startProgram(t, os.Args[0], w, bucket)
}

func startProgram(t *testing.T, program string, w postgrestest.World, bucket string) *process {
	t.Helper()
	issuer := authtest.New(t)
	cmd := exec.Command(program)
	cmd.Env = []string{
		asCommand + "=1", "OFFHOURS_HTTP_ADDRESS=127.0.0.1:0", "DATABASE_URL=" + w.Conn.Config().ConnString(),
		"OFFHOURS_BUCKET_URL=file://" + bucket + "?metadata=skip", "OFFHOURS_OIDC_ISSUER=" + issuer.URL,
		"OFFHOURS_OIDC_AUDIENCE=" + authtest.Audience, "TEMPORAL_ADDRESS=127.0.0.1:1", "TEMPORAL_CONFIG_FILE=" + os.DevNull,
	}
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	p := &process{cmd: cmd, token: issuer.Token(t, w.Admin.Email), lines: make(chan string, 1000)}
	go func() {
		defer close(p.lines)
		for text := bufio.NewScanner(stderr); text.Scan(); {
			p.lines <- text.Text()
		}
	}()
	var listens struct{ Address string }
	require.NoError(t, json.Unmarshal([]byte(p.says(t, "the API listens")), &listens))
	p.url = "http://" + listens.Address
	return p
}

// says waits for a line of the log.
func (p *process) says(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case line, more := <-p.lines:
			require.True(t, more, "the command ended without saying %q", text)
			if strings.Contains(line, text) {
				return line
			}
		case <-deadline:
			require.FailNow(t, "the command does not say "+text)
		}
	}
}

// get begins a call.
func (p *process) get(t *testing.T, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	return new(http.Transport).RoundTrip(r)
}

// bigFile arranges a request that ended with a file too large for any buffer on
// its way, and returns its path.
func bigFile(t *testing.T, w postgrestest.World, bucket string, size int) (path string) {
	t.Helper()
	id := w.Queue(201, 10)
	w.Run(id, "deleting", 1, 10)
	w.End(id, "success", 10)
	w.Exec(`UPDATE parts SET csv_bytes = $1`, size)
	require.NoError(t, os.Mkdir(filepath.Join(bucket, "csv"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(bucket, "csv", "1"), slices.Repeat([]byte("a line of a file\n"), size/17+1)[:size], 0o600))
	return "/api/v1/requests/" + id + "/files/records-0001.csv"
}

func TestACommandThatIsStoppedFinishesItsCallsAndDownloads(t *testing.T) {
	t.Parallel()
	w, bucket := postgrestest.NewWorld(t), t.TempDir()
	const size = 64 << 20
	path := bigFile(t, w, bucket, size)
	p := start(t, w, bucket)

	download, err := p.get(t, path)
	require.NoError(t, err)
	defer download.Body.Close()
	require.Equal(t, http.StatusOK, download.StatusCode)
	_, err = io.CopyN(io.Discard, download.Body, 1000)
	require.NoError(t, err)
	w.Exec(`BEGIN`)
	w.Exec(`LOCK TABLE requests IN ACCESS EXCLUSIVE MODE`)
	listed := make(chan *http.Response, 1)
	go func() {
		defer close(listed)
		if response, err := p.get(t, "/api/v1/requests"); err == nil {
			_ = response.Body.Close()
			listed <- response
		}
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		w.Scan(&waiting, `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'requests'::regclass AND NOT granted)`)
		return waiting
	}, 20*time.Second, 5*time.Millisecond)

	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.says(t, "the API stops")
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	}, 20*time.Second, 5*time.Millisecond, "nobody new is let in")

	w.Exec(`ROLLBACK`)
	answer := <-listed
	require.NotNil(t, answer, "the call was cut off")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	left, err := io.Copy(io.Discard, download.Body)
	require.NoError(t, err)
	require.EqualValues(t, size, 1000+left)
	for range p.lines { // to the end
	}
	require.NoError(t, p.cmd.Wait(), "a command that was stopped ends well")
}

func TestACommandThatIsWronglyConfiguredSaysWhyAndEnds(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{asCommand + "=1"}
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 1, exit.ExitCode())
	for _, name := range []string{"api: read the configuration", "DATABASE_URL", "OFFHOURS_BUCKET_URL", "OFFHOURS_OIDC_ISSUER"} {
		require.Contains(t, string(output), name)
	}

	help := exec.Command(os.Args[0], "-h")
	help.Env = []string{asCommand + "=1"}
	output, err = help.CombinedOutput()
	require.NoError(t, err)
	for name := range complete() {
		require.Contains(t, string(output), name)
	}
	require.Contains(t, string(output), "TEMPORAL_ADDRESS")
}
