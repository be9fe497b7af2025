package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What no code does, the database does not let anybody do.

func TestTheDatabaseRefusesMovesThatTheProductDoesNotHave(t *testing.T) {
	t.Parallel()
	states := map[string]func(w world, id string){
		"in_queue":    func(world, string) {},
		"in_progress": func(w world, id string) { w.Run(id, "deleting", 1, 10) },
		"success":     func(w world, id string) { w.Run(id, "deleting", 1, 10); w.End(id, "success", 10) },
		"failed":      func(w world, id string) { w.Run(id, "deleting", 1, 5); w.End(id, "failed", 5) },
		"revoked":     func(w world, id string) { w.Revoke(id) },
	}
	may := map[string]bool{"in_queue in_progress": true, "in_queue revoked": true, "in_progress success": true, "in_progress failed": true}
	w := newWorld(t)
	code := 200
	for from, arrange := range states {
		for to := range states {
			if from == to || may[from+" "+to] {
				continue
			}
			code++
			id := w.Queue(code, 10)
			arrange(w, id)
			_, err := w.Conn.Exec(t.Context(), `UPDATE requests SET status = $2 WHERE id = $1`, id, to)
			require.ErrorContains(t, err, "a request cannot move from "+from+" to "+to)
		}
	}
}

func TestWhatARequestSelectsNeverMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 10)
	for _, change := range []string{
		"sel_before = sel_before - interval '1 microsecond'", "sel_after = sel_before, sel_until = created_on", "records = 11", "type_code = 202",
		"request_type = 'delete_only'", "created_on = created_on - interval '1 microsecond'",
	} {
		_, err := w.Conn.Exec(t.Context(), `UPDATE requests SET `+change+` WHERE id = $1`, id)
		require.ErrorContains(t, err, "what a request selects never changes", change)
	}
}

func TestTheDatabaseRefusesAnEndThatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	running, queued := w.Queue(201, 10), w.Queue(202, 10)
	w.Run(running, "reporting", 1, 5)
	const unreported = `UPDATE requests SET phase = NULL, completed_on = now(), `
	const ends = unreported + `report_key = 'report', `
	for name, test := range map[string]struct{ id, end, constraint string }{
		"a record without an outcome": {running, ends + `status = 'success', deleted = 9`, "outcomes_add_up"},
		"a record with two":           {running, ends + `status = 'failed', failure_code = 'x', deleted = 10, failed = 1`, "outcomes_add_up"},
		"success with a failed one":   {running, ends + `status = 'success', deleted = 9, failed = 1`, "success_is_complete"},
		"success with one left out":   {running, ends + `status = 'success', deleted = 9, not_processed = 1`, "success_is_complete"},
		"success without a report":    {running, unreported + `status = 'success', deleted = 10`, "ended_with_a_report"},
		"failure without a reason":    {running, ends + `status = 'failed', deleted = 5, not_processed = 5`, "failed_for_a_reason"},
		"revoked, yet deleted":        {queued, ends + `status = 'revoked', revoked_by = 'x', deleted = 1, not_processed = 9`, "revoked_untouched"},
		"revoked by nobody":           {queued, ends + `status = 'revoked', not_processed = 10`, "revoked_by_someone"},
		"deleting without a manifest": {running, `UPDATE requests SET phase = 'deleting', manifest_key = NULL`, "deleting_needs_a_manifest"},
	} {
		_, err := w.Conn.Exec(t.Context(), test.end+` WHERE id = $1`, test.id)
		require.ErrorContains(t, err, test.constraint, name)
	}
	w.Exec(ends+`status = 'success', deleted = 4, kept_changed = 3, kept_attachment = 2, already_gone = 1 WHERE id = $1`, running)
}

func TestTheAuditTrailIsOnlyEverAddedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	w.mustAdmit(draft(201))
	for _, change := range []string{`UPDATE audit_events SET actor = 'nobody'`, `DELETE FROM audit_events`} {
		_, err := w.Conn.Exec(t.Context(), change)
		require.ErrorContains(t, err, "audit events are only ever added")
	}
}

// Any administrator of the account may revoke; it stands there who did, and the
// creator is told.
func TestARevokeIsAuditedAndToldToTheCreator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddUser(w.Account.ID, "second@acme.example", "administrator")
	second, _, err := w.DB.UserByEmail(t.Context(), "second@acme.example")
	require.NoError(t, err)
	w.AddType(201, 3, 40*day)
	for by, shown := range map[string]string{second.ID: "second@acme.example", "ticket 815": "ticket 815"} {
		id := w.mustAdmit(draft(201)).ID
		for _, who := range []string{by, w.Admin.ID} { // of two revokes the first one did it
			_, err := w.DB.Revoke(t.Context(), w.ref(id), who, "wrong range")
			require.NoError(t, err)
		}

		require.Equal(t, shown, *w.request(id).RevokedBy)
		require.Equal(t, "Revoked by "+shown+". Nothing was deleted.", w.request(id).StatusDetail)
		var audited, told string
		w.Scan(&audited, `SELECT string_agg(actor || ': ' || (detail->>'reason'), ' ') FROM audit_events WHERE request_id = $1 AND action = 'revoked'`, id)
		require.Equal(t, by+": wrong range", audited)
		w.Scan(&told, `SELECT string_agg(u.email, ' ') FROM notices n JOIN users u ON u.id = n.recipient WHERE n.request_id = $1 AND n.kind = 'revoked'`, id)
		require.Equal(t, "admin@acme.example", told)
	}
}
