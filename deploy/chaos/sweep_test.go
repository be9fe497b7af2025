package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours/deploy/chaos/wire"
	"github.com/offhours/offhours/deploy/rig"
)

// steps are calls that have to be among those that are swept: those after which a
// step of DESIGN.md's rule is durable. A wire that sees nothing would prove nothing.
var steps = []string{
	"api: postgres: insert requests, insert notices, insert audit_events",
	"api: temporal: start BulkRequest",
	"api: postgres: insert audit_events",
	"worker: temporal: activity ScheduleStart completed",
	"worker: postgres: update requests status, insert audit_events",
	"worker: temporal: activity Begin completed",
	"worker: postgres: insert parts, update requests phase",
	"worker: postgres: update parts epoch",
	"worker: bucket: PUT exports/part-*-*-*-*-*-*-*.bin",
	"worker: postgres: insert copies",
	"worker: bucket: PUT exports/part-*-*-*-*-*.csv",
	"worker: bucket: PUT exports/part-*-*-*-*-*.list.csv",
	"worker: postgres: update parts state",
	"worker: temporal: activity ArchiveParts completed",
	"worker: bucket: PUT exports/manifest-*-*-*-*.json",
	"worker: postgres: update requests phase",
	"worker: temporal: activity Seal completed",
	deleting,
	"worker: postgres: delete records, delete attachments, insert tombstones, insert exceptions, insert batches, update exceptions outcome, update parts done",
	"worker: temporal: activity DeleteParts completed",
	"worker: postgres: delete files, update tombstones state",
	"worker: bucket: DELETE files/*",
	"worker: postgres: update tombstones state",
	"worker: temporal: activity RemoveFiles completed",
	"worker: temporal: activity ProveGone completed",
	"worker: temporal: activity Fence completed",
	"worker: bucket: PUT reports/report-*-*-*-*.csv",
	"worker: postgres: update requests report_key",
	"worker: postgres: update requests status, insert notices, insert audit_events",
	"worker: temporal: activity Finish completed",
	"worker: temporal: activity Revoke completed",
	"worker: temporal: start CloseRequest",
	"worker: temporal: workflow CloseRequest asks for Fence",
	"worker: temporal: workflow CloseRequest asks for CompleteWorkflowExecution",
	"worker: temporal: workflow BulkRequest asks for CompleteWorkflowExecution",
	"worker: mail: send",
	"worker: postgres: update notices state",
	"worker: temporal: activity Deliver completed",
}

// A part of what `make sweep` does, another one each time.
func TestNothingIsLostAtAnyStep(t *testing.T) {
	bin := os.Getenv("OFFHOURS_TEST_BIN")
	if bin == "" {
		t.Skip("OFFHOURS_TEST_BIN is not set: run `make test`")
	}
	settings, err := parseFlags([]string{"--bin", bin, "--sweep", "--share", "25"}, io.Discard)
	require.NoError(t, err)
	t.Logf("the same again: make sweep SEED=%d ARGS='--share %d'", settings.seed, settings.share)
	dir, err := rig.Scratch("offhours-chaos-")
	require.NoError(t, err)
	var out strings.Builder
	s, err := newSweep(settings, dir, &out)
	require.NoError(t, err)
	defer func() {
		s.stop()
		if t.Failed() {
			notes, _ := os.ReadFile(filepath.Join(dir, "chaos.log"))
			t.Logf("%s\n%s", &out, notes)
			for _, log := range s.stack.logs() {
				t.Logf("%s ends with:\n%s", log, rig.Tail(log))
			}
		}
		require.NoError(t, os.RemoveAll(dir))
	}()
	require.NoError(t, s.start(t.Context()))
	o, err := s.all(t.Context(), regexp.MustCompile(settings.only), settings.share)
	require.NoError(t, err)
	o.print(&out, settings.seed, settings.share)
	require.Empty(t, o.wrong, "%s", &out)
	for _, step := range steps {
		require.Contains(t, o.met, step)
	}
	require.LessOrEqual(t, o.unmet, o.played/10, "%s", &out)
	t.Logf("%s", &out)
}

func TestASweepWithAViolationSaysSo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var o swept
	blamed := trial{scenes[0], "worker: bucket: PUT exports/part-*.csv #2", wire.Lost}
	o.blame(blamed, "I1: a record is lost")
	o.blame(blamed, "I1: another record is lost")
	o.print(&out, 7, 1)
	require.Contains(t, out.String(), "VIOLATION of I1: a record is lost (export and delete / worker: bucket: PUT exports/part-*.csv #2 / lost)\n")
	require.Equal(t, 1, strings.Count(out.String(), "Alone: "))
	_, command, _ := strings.Cut(out.String(), `--only "`)
	only, _, _ := strings.Cut(command, `"'`)
	require.Regexp(t, only, blamed.String())
	require.NotRegexp(t, only, trial{scenes[0], blamed.call, wire.After}.String())
}

func TestAnEarlyEndIsTriedFromWhereItDiffers(t *testing.T) {
	t.Parallel()
	names := func(s scene) (all []string) {
		for _, trial := range trials(&s, []string{"a", "b", "b #2", "b #3", "c"}) {
			all = append(all, trial.call)
		}
		return slices.Compact(all)
	}
	require.Equal(t, []string{"a", "b", "b #2", "c"}, names(scene{}))
	require.Equal(t, []string{"b", "b #2", "c"}, names(scene{from: "b"}))
	require.Equal(t, []string{"a", "b"}, names(scene{until: "b"}))
}
