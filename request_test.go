package offhours_test

import (
	"testing"
	"time"

	"github.com/offhours/offhours"
)

var statuses = []offhours.Status{
	offhours.StatusInQueue, offhours.StatusInProgress, offhours.StatusSuccess, offhours.StatusFailed, offhours.StatusRevoked,
}

func TestOnlyTheMovesOfTheProductAreAllowed(t *testing.T) {
	t.Parallel()
	allowed := map[[2]offhours.Status]bool{
		{offhours.StatusInQueue, offhours.StatusInProgress}: true,
		{offhours.StatusInQueue, offhours.StatusRevoked}:    true,
		{offhours.StatusInProgress, offhours.StatusSuccess}: true,
		{offhours.StatusInProgress, offhours.StatusFailed}:  true,
	}
	for _, from := range append(statuses, "", "unknown") {
		for _, to := range append(statuses, "", "unknown") {
			if got := from.CanMove(to); got != allowed[[2]offhours.Status{from, to}] {
				t.Errorf("%q to %q: %v", from, to, got)
			}
		}
	}
}

func TestEndedStatusesMoveNowhere(t *testing.T) {
	t.Parallel()
	for _, from := range statuses {
		moves := false
		for _, to := range statuses {
			moves = moves || from.CanMove(to)
		}
		if from.Ended() == moves {
			t.Errorf("%s: ended %v, but it can move: %v", from, from.Ended(), moves)
		}
	}
}

func TestLabelsAreTheWordsOfThePage(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		offhours.StatusInQueue.Label():          "In Queue",
		offhours.StatusInProgress.Label():       "In Progress",
		offhours.StatusSuccess.Label():          "Success",
		offhours.StatusFailed.Label():           "Failed",
		offhours.StatusRevoked.Label():          "Revoked",
		offhours.Status("odd").Label():          "odd",
		offhours.ExportAndDelete.Label():        "Export & Delete",
		offhours.DeleteOnly.Label():             "Delete Only",
		offhours.ExportAndDelete.SubjectLabel(): "Export & Delete",
		offhours.DeleteOnly.SubjectLabel():      "Delete",
	} {
		if got != want {
			t.Errorf("label %q, want %q", got, want)
		}
	}
	if offhours.RequestType("").Valid() || !offhours.DeleteOnly.Valid() || !offhours.ExportAndDelete.Valid() {
		t.Error("only the two request types are valid")
	}
}

func TestOutcomesMustAddUpForSuccess(t *testing.T) {
	t.Parallel()
	fine := offhours.Outcomes{Deleted: 5, KeptChanged: 3, KeptAttachment: 1, AlreadyGone: 1}
	failed, left := fine, fine
	failed.Failed, left.NotProcessed = 1, 1
	for name, tc := range map[string]struct {
		outcomes           offhours.Outcomes
		records            int
		balanced, complete bool
	}{
		"every record was deleted or rightly kept": {fine, 10, true, true},
		"a record has no outcome":                  {fine, 11, false, false},
		"a record has two outcomes":                {fine, 9, false, false},
		"a record failed":                          {failed, 11, true, false},
		"a record was not reached":                 {left, 11, true, false},
		"a failure hides a missing outcome":        {failed, 10, false, false},
		"there was nothing to do":                  {offhours.Outcomes{}, 0, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.outcomes.Balanced(tc.records) != tc.balanced || tc.outcomes.Complete(tc.records) != tc.complete {
				t.Errorf("%+v of %d records", tc.outcomes, tc.records)
			}
		})
	}
}

func TestDaysLeftAreRoundedUp(t *testing.T) {
	t.Parallel()
	created := instant(t, "2026-03-01T12:00:00Z")
	until := offhours.DownloadUntil(created)
	if want := created.Add(720 * time.Hour); !until.Equal(want) {
		t.Fatalf("download until %v, want %v", until, want)
	}
	for after, want := range map[time.Duration]int{
		0:                             30,
		1:                             30,
		24*time.Hour - 1:              30,
		24 * time.Hour:                29,
		719 * time.Hour:               1,
		720*time.Hour - 1:             1,
		720 * time.Hour:               0,
		720*time.Hour + 1:             0,
		100 * 365 * 24 * time.Hour:    0,
		-24 * time.Hour:               31,
		29*24*time.Hour + time.Second: 1,
	} {
		if got := offhours.DaysLeft(until, created.Add(after)); got != want {
			t.Errorf("%v after creation: %d days left, want %d", after, got, want)
		}
	}
}

func TestDeletingMustStartWithSevenDaysLeft(t *testing.T) {
	t.Parallel()
	created := instant(t, "2026-03-01T12:00:00Z")
	if got, want := offhours.DeleteDeadline(created), created.Add(23*24*time.Hour); !got.Equal(want) {
		t.Errorf("deadline %v, want %v", got, want)
	}
}
