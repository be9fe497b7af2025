//go:build unix

package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"

	"github.com/offhours/offhours"
)

const (
	racers      = 20
	racerGrace  = 2 * time.Second
	racerSpread = 1500 * time.Millisecond // of the revokes, before and after the start
	recordsEach = 50
)

func TestARevokeAndTheStartNeverBothWin(t *testing.T) {
	parallel(t)
	w := startWorld(t, 0)
	grace := map[string]string{"OFFHOURS_GRACE": racerGrace.String()}
	codes := w.db.makeTypes(t, racers)
	w.startAPI(t, grace)
	w.program(t, "worker", grace)

	races := w.startRaces(t, codes)
	for _, race := range races {
		passes(t, race.revokeAt)
		w.temporal.revoke(t, race.request.ID)
	}
	revoked := 0
	for _, race := range races {
		if w.finishesOneWay(t, race.request) == offhours.StatusRevoked {
			revoked++
		}
	}
	t.Logf("%d requests were revoked, %d succeeded", revoked, racers-revoked)
	if revoked == 0 || revoked == racers {
		t.Error("one side always won: the test saw no race")
	}
}

// race is a request and when to revoke it.
type race struct {
	request  offhours.Request
	revokeAt time.Time
}

// startRaces creates a request for every type, and picks a moment around the
// start of each, later for later ones.
func (w *world) startRaces(t *testing.T, codes []int) (races []race) {
	t.Helper()
	for i, code := range codes {
		r := w.admin.create(t, code, offhours.DeleteOnly)
		from := -racerSpread + 2*racerSpread*time.Duration(i)/racers
		offset := from + rand.N(2*racerSpread/racers)
		races = append(races, race{r, r.StartsAt.Add(offset)})
	}
	return races
}

// finishesOneWay waits for the end of a request, proves that it is either
// revoked and untouched or a success and all gone, and returns which.
func (w *world) finishesOneWay(t *testing.T, created offhours.Request) offhours.Status {
	t.Helper()
	var r offhours.Request
	eventually(t, "request "+created.ID+" has ended", func() bool {
		r = w.admin.request(t, created.ID)
		return r.Status.Ended()
	})
	left := w.db.count(t, "SELECT count(*) FROM records WHERE account_id = $1 AND type_code = $2", openAccount, r.ActivityType)
	batches := w.db.count(t, "SELECT count(*) FROM batches WHERE request_id = $1", r.ID)
	moves := w.db.count(t, "SELECT count(*) FROM audit_events WHERE request_id = $1 AND action IN ('started', 'revoked')", r.ID)
	untouched := r.Outcomes.NotProcessed == recordsEach && left == recordsEach && batches == 0
	gone := r.Outcomes.Deleted == recordsEach && left == 0
	if moves != 1 || (r.Status == offhours.StatusRevoked && !untouched) || (r.Status == offhours.StatusSuccess && !gone) || r.Status == offhours.StatusFailed {
		t.Errorf("request %s is %s with outcomes %+v; %d records are left, and it left the queue %d times", r.ID, r.Status, r.Outcomes, left, moves)
	}
	return r.Status
}

// revoke sends the signal of support tooling, without a payload. A workflow that
// has ended takes none.
func (c temporal) revoke(t *testing.T, request string) {
	t.Helper()
	err := c.SignalWorkflow(t.Context(), workflowID(openAccount, request), "", "revoke", nil)
	var ended *serviceerror.NotFound
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
}

// makeTypes makes activity types with a few old records each.
func (db database) makeTypes(t *testing.T, n int) (codes []int) {
	t.Helper()
	for code := 301; code < 301+n; code++ {
		db.execute(t, "INSERT INTO record_types (account_id, code, name, category) VALUES ($1, $2, $3, 'custom')", openAccount, code, fmt.Sprintf("Visit %d", code))
		db.execute(t, `INSERT INTO records (account_id, id, type_code, created_on, modified_on)
			SELECT $1, gen_random_uuid(), $2, at, at FROM generate_series(1, $3) n, LATERAL (SELECT now() - interval '90 days' - n * interval '1 hour') a(at)`,
			openAccount, code, recordsEach)
		codes = append(codes, code)
	}
	return codes
}
