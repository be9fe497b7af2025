package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/deploy/rig"
)

// scene is one kind of life of a request.
type scene struct {
	name        string
	account     int
	requestType offhours.RequestType
	impatient   bool              // whoever creates it gives up when there is no answer
	then        act               // once it was created
	at          map[string]act    // once a call was done for the first time
	ends        []offhours.Status // the first of them when nothing goes wrong
	from, until string            // calls, both included, that meet a fate; all unless given
}

// life is one request of a scene.
type life struct {
	code    int
	request string
	keys    []string
	done    map[string]bool // what scene.at has done
}

// scenes are what the product does for a request, whichever way it goes.
var scenes = []*scene{
	{
		name: "export and delete", account: 1, requestType: offhours.ExportAndDelete,
		at:   map[string]act{sealing: editSome},
		ends: []offhours.Status{offhours.StatusSuccess},
	},
	{
		name: "delete only", account: 2, requestType: offhours.DeleteOnly,
		ends: []offhours.Status{offhours.StatusSuccess},
	},
	{
		name: "failure", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{"api: postgres: " + admits: addSome},
		// The API may have ended before it confirmed, and counted again.
		ends: []offhours.Status{offhours.StatusFailed, offhours.StatusSuccess},
	},
	{
		name: "cancellation", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{sealing: cancelWorkflow},
		// The workflow may have been killed before it heard of it, and gone on.
		ends: []offhours.Status{offhours.StatusFailed, offhours.StatusSuccess},
	},
	{
		name: "cancellation while deleting", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{deleting: cancelWorkflow}, from: deleting,
		ends: []offhours.Status{offhours.StatusFailed},
	},
	{
		name: "termination", account: 3, requestType: offhours.ExportAndDelete,
		at: map[string]act{deleting: terminateWorkflow}, from: deleting,
		ends: []offhours.Status{offhours.StatusFailed},
	},
	{
		name: "impatience", account: 2, requestType: offhours.DeleteOnly, impatient: true,
		until: "api: postgres: update requests workflow_started_on",
		ends:  []offhours.Status{offhours.StatusSuccess},
	},
	{
		name: "revoke", account: closed, requestType: offhours.ExportAndDelete, then: revoke,
		ends: []offhours.Status{offhours.StatusRevoked},
	},
}

// closed is the account whose window does not open.
const closed = 4

// sealing is what Seal does before it commits. What others do then comes between the
// verified archive and the delete.
const sealing = "worker: bucket: PUT exports/manifest-*-*-*-*.json"

// deleting is the commit of a batch. What others do then finds a part of the records
// deleted, and their files not yet.
const deleting = "worker: postgres: delete records, delete attachments, insert tombstones, insert batches, update parts done"

// admits is the commit of an admission.
const admits = "insert requests, insert notices, insert audit_events"

// act is what somebody else does in the middle of a life.
type act func(ctx context.Context, s *sweep, l *life) error

// editSome edits a record that is about to be deleted, and attaches to another one
// a file that a third one has: both stay, and so does the file.
func editSome(ctx context.Context, s *sweep, l *life) error {
	_, err := s.db.Exec(ctx, `UPDATE records SET note = 'edited' WHERE account_id = 1 AND type_code = $1 AND external_key = 'key 7'`, l.code)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO attachments (account_id, record_id, name, file_key)
		SELECT account_id, id, 'late.txt', $2 FROM records WHERE account_id = 1 AND type_code = $1 AND external_key = 'key 8'`, l.code, l.keys[0])
	return err
}

// addSome adds records to those that were confirmed.
func addSome(ctx context.Context, s *sweep, l *life) error {
	_, err := s.db.Exec(ctx, `INSERT INTO records (account_id, id, type_code, created_on, modified_on)
		SELECT 3, gen_random_uuid(), $1, now() - interval '300 days', now() - interval '200 days' FROM generate_series(1, 3)`, l.code)
	return err
}

func cancelWorkflow(ctx context.Context, s *sweep, l *life) error {
	id, err := s.workflow(ctx, l)
	if err != nil {
		return err
	}
	return s.temporal.CancelWorkflow(ctx, id, "")
}

// terminateWorkflow lets the next reconciler look at once.
func terminateWorkflow(ctx context.Context, s *sweep, l *life) error {
	id, err := s.workflow(ctx, l)
	if err != nil {
		return err
	}
	if err := s.temporal.TerminateWorkflow(ctx, id, "", "sweep"); err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, "DELETE FROM turns WHERE job = 'reconcile'")
	return err
}

func (s *sweep) workflow(ctx context.Context, l *life) (id string, err error) {
	err = s.db.QueryRow(ctx, "SELECT format('bulk/%s/%s', account_id, id) FROM requests WHERE type_code = $1", l.code).Scan(&id)
	return id, err
}

// revoke asks until there is an answer. That it is revoked already is one.
func revoke(ctx context.Context, s *sweep, l *life) error {
	_, err := s.insist(ctx, closed, "/requests/"+l.request+"/revoke", "", map[string]string{"reason": "sweep"})
	if rig.Refused(err) {
		return nil
	}
	return err
}

// stock makes a type with records on both sides of a range, so that there are two
// parts, some with attachments.
func (s *sweep) stock(ctx context.Context, account int, l *life) error {
	contents := make([][]byte, 3)
	for i := range contents {
		contents[i] = fmt.Appendf(nil, "%d of %d", i, l.code)
	}
	var err error
	if l.keys, err = s.store.AddFiles(ctx, int64(account), contents); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		for i, key := range l.keys {
			if err := noteObject(ctx, tx, key, contents[i]); err != nil {
				return err
			}
		}
		for _, sql := range []string{
			`INSERT INTO record_types (account_id, code, name, category) VALUES ($1, $2, 'Type ' || $2::int, 'custom')`,
			`INSERT INTO records (account_id, id, type_code, external_key, note, created_on, modified_on)
			 SELECT $1, gen_random_uuid(), $2, 'key ' || n, 'note ' || n, now() - interval '300 days', now() - CASE WHEN n % 2 = 0 THEN interval '200 days' ELSE interval '50 days' END
			   FROM generate_series(1, 8) n`,
		} {
			if _, err := tx.Exec(ctx, sql, account, l.code); err != nil {
				return err
			}
		}
		for i, key := range l.keys {
			if _, err := tx.Exec(ctx, "INSERT INTO files (account_id, key) VALUES ($1, $2)", account, key); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO attachments (account_id, record_id, name, file_key)
				SELECT account_id, id, 'a.txt', $3 FROM records WHERE account_id = $1 AND type_code = $2 AND external_key = 'key ' || $4::int`, account, l.code, key, i+1); err != nil {
				return err
			}
		}
		return nil
	})
}

// ask creates the request, as often as it takes. Nobody who gives up has to find
// one: the id is empty then.
func (s *sweep) ask(ctx context.Context, scene *scene, l *life) (id string, err error) {
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, -days).Format(time.DateOnly) }
	body := map[string]any{
		"activityType": l.code, "requestType": scene.requestType, "confirmed": true,
		"range": map[string]string{"from": day(150), "to": day(100)},
	}
	key := fmt.Sprintf("sweep-%d", l.code)
	if !scene.impatient {
		// The API counts again what it has not promised yet.
		return s.insist(ctx, scene.account, "/requests", key, body)
	}
	admin := s.admins[scene.account]
	err = rig.Poll(ctx, "the API", startPatience, nil, func(ctx context.Context) (bool, error) {
		var account any
		_, err := admin.Call(ctx, http.MethodGet, "/account", "", nil, &account)
		return err == nil, nil
	})
	if err != nil {
		return "", err
	}
	var r offhours.Request
	if _, err := admin.Call(ctx, http.MethodPost, "/requests", key, body, &r); err == nil || rig.Refused(err) {
		return r.ID, err
	}
	err = s.db.QueryRow(ctx, "SELECT id::text FROM requests WHERE type_code = $1", l.code).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return id, err
}

// insist calls until there is an answer.
func (s *sweep) insist(ctx context.Context, account int, path, key string, body any) (id string, err error) {
	for {
		var r offhours.Request
		_, err := s.admins[account].Call(ctx, http.MethodPost, path, key, body, &r)
		if err == nil || rig.Refused(err) || ctx.Err() != nil {
			return r.ID, err
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// awaitEnd waits until a request has ended, and all that follows is done.
func (s *sweep) awaitEnd(ctx context.Context, l *life) (status offhours.Status, err error) {
	err = rig.Poll(ctx, "the end of the request", lifePatience, nil, func(context.Context) (bool, error) {
		var pending int
		err := s.db.QueryRow(ctx, `SELECT r.status, (SELECT count(*) FROM notices n WHERE n.request_id = r.id AND n.state = 'pending')
			FROM requests r WHERE id = $1`, l.request).Scan(&status, &pending)
		s.mu.Lock()
		still := time.Since(s.last) > quiet
		s.mu.Unlock()
		return err == nil && status.Ended() && pending == 0 && still && s.worker.temporal.Busy() == 0, nil
	})
	return status, err
}
