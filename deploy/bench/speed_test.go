package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A few hundred records say nothing of speed, but that everything is measured.
func TestTheBenchMeasuresEveryMethod(t *testing.T) {
	t.Parallel()
	bin := os.Getenv("OFFHOURS_TEST_BIN")
	if bin == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`")
	}
	dir := t.TempDir()
	s, err := parseSpeed([]string{"--bin", bin, "--out", dir, "--sizes", "300", "--reps", "1", "--only", "with attachments"}, io.Discard)
	require.NoError(t, err)
	var out strings.Builder
	require.Zero(t, runSpeed(t.Context(), s, &out), "%s", &out)

	r, err := readResults(dir)
	require.NoError(t, err)
	require.Contains(t, r.Machine.Settings, "fsync=on")
	require.Len(t, r.Runs, len(methods), "%s", &out)
	for _, m := range r.Runs {
		require.Equal(t, cell{300, true}, m.cell)
		require.Positive(t, m.Seconds, m.Method)
		require.Positive(t, m.WAL, m.Method)
		switch m.Method {
		case exportAndDelete, deleteOnly:
			require.Positive(t, m.WorkerPeak)
			require.Positive(t, m.Events)
			require.Positive(t, m.Stages["delete"])
		}
		if m.Method != plainDelete && m.Method != deleteOnly {
			require.Positive(t, m.Bytes, m.Method)
		}
	}
}

func TestTimeIsSharedByWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	got := shares([]*span{{"export", at(1), at(5)}, {"verify", at(3), at(6)}, {"other", at(11), at(14)}}, at(0), at(12))
	require.Equal(t, map[string]float64{engineStage: 1 + 5, "export": 2 + 1, "verify": 1 + 1, "other": 1}, got)
}

func TestTimeOfArchivingIsSharedAsTheWorkerCountsIt(t *testing.T) {
	t.Parallel()
	stages := map[string]float64{archiveStage: 2, "verify": 1, "plan": 3}
	splitArchive(stages, []byte("offhours_step_seconds_sum{a=\"b\",step=\"export\"} 6\noffhours_step_seconds_sum{step=\"verify\"} 2\noffhours_step_seconds_sum{step=\"delete\"} 9\n"))
	require.Equal(t, map[string]float64{"export": 1.5, "verify": 1.5, "plan": 3}, stages)
}

func TestATargetThatIsMissedIsNotHeld(t *testing.T) {
	t.Parallel()
	good := results{Runs: []measurement{
		{cell: cell{Size: large}, Method: psqlExport, Seconds: 4},
		{cell: cell{Size: large}, Method: plainDelete, Seconds: 2},
		{cell: cell{Size: large}, Method: exportAndDelete, Seconds: 6, WorkerPeak: 150e6, Events: 500},
		{cell: cell{Size: large}, Method: deleteOnly, Seconds: 6.5, WorkerPeak: 1, Events: 1},
		{cell: cell{Size: small}, Method: exportAndDelete, Seconds: 0.5, WorkerPeak: 1, Events: 1},
	}}
	require.True(t, good.print(io.Discard))
	require.Len(t, good.targets(), 5)
	for name, spoil := range map[string]func(*results){
		"export":     func(r *results) { r.Runs[2].Seconds = 6.1 },
		"deleteonly": func(r *results) { r.Runs[3].Seconds = 6.6 },
		"memory":     func(r *results) { r.Runs[4].WorkerPeak = 151e6 },
		"events":     func(r *results) { r.Runs[3].Events = 501 },
		"growth":     func(r *results) { r.Runs[4].Seconds = 0.49 },
	} {
		bad := results{Runs: append([]measurement(nil), good.Runs...)}
		spoil(&bad)
		require.False(t, bad.print(io.Discard), name)
	}
}

func TestTheMedianIsTheMiddle(t *testing.T) {
	t.Parallel()
	r := results{}
	_, ok := r.median(cell{}, psqlExport, seconds)
	require.False(t, ok)
	for i, took := range []float64{9, 1, 2} {
		r.Runs = append(r.Runs, measurement{Rep: i, Method: psqlExport, Seconds: took})
	}
	got, _ := r.median(cell{}, psqlExport, seconds)
	require.Equal(t, 2.0, got)
	r.Runs = append(r.Runs, measurement{Method: psqlExport, Seconds: 4})
	got, _ = r.median(cell{}, psqlExport, seconds)
	require.Equal(t, 3.0, got)
}

func TestResultsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := results{Machine: facts{Cores: 2}, Runs: []measurement{{Rep: 1, cell: cell{5, true}, Method: psqlExport, Seconds: 1.5, Stages: map[string]float64{"plan": 1}}}}
	require.NoError(t, r.write(dir))
	got, err := readResults(dir)
	require.NoError(t, err)
	require.Equal(t, r, got)
	require.True(t, got.has(1, cell{5, true}, psqlExport))
	require.False(t, got.has(2, cell{5, true}, psqlExport))
	nothing, err := readResults(t.TempDir())
	require.NoError(t, err)
	require.Empty(t, nothing.Runs)
}

func TestThePlotIsAnImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := results{Runs: []measurement{{cell: cell{Size: large}, Method: exportAndDelete, Seconds: 6}}}
	require.NoError(t, r.writePlot(dir))
	text, err := os.ReadFile(filepath.Join(dir, "results.svg"))
	require.NoError(t, err)
	require.Contains(t, string(text), "Offhours, Export &amp; Delete")
	d := xml.NewDecoder(strings.NewReader(string(text)))
	for err == nil {
		_, err = d.Token()
	}
	require.True(t, errors.Is(err, io.EOF), "%v", err)
}

func TestFilesThatAreLinkedAreThere(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
	require.NoError(t, os.MkdirAll(filepath.Join(from, "a"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(from, "a", "b"), []byte("x"), 0o600))
	require.NoError(t, linkAll(from, to))
	require.NoError(t, os.Remove(filepath.Join(to, "a", "b")))
	require.FileExists(t, filepath.Join(from, "a", "b"))
}
