package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// attached seals three records of which the second one has two attachments.
func attached(t *testing.T) *sealed {
	t.Helper()
	s := sealWith(t, 3, func(s *sealed) {
		for _, name := range []string{"a.pdf", "b.pdf"} {
			s.Attach(s.second(), name, s.FileKey())
		}
	})
	require.Len(t, s.rows[1].Attachments, 2)
	return s
}

// second is the id of the second record.
func (s *sealed) second() (id string) {
	s.T.Helper()
	s.Scan(&id, `SELECT id::text FROM records ORDER BY modified_on, id LIMIT 1 OFFSET 1`)
	return id
}

func TestARecordIsDeletedWithItsExportedAttachments(t *testing.T) {
	t.Parallel()
	s := attached(t)

	deleted, err := s.delete()

	require.NoError(t, err)
	require.Equal(t, 3, deleted)
	require.Zero(t, s.Count("attachments"))
	require.Equal(t, 2, s.Count("files"), "which nobody has asked to release")
	var tombstones string
	s.Scan(&tombstones, `SELECT string_agg(format('%s %s %s %s %s', t.part, t.number, t.row_no, t.state, t.file_key = c.source_key), ', ' ORDER BY t.number)
		FROM tombstones t JOIN copies c USING (request_id, part, number)`)
	require.Equal(t, "1 1 1 pending t, 1 2 1 pending t", tombstones)
}

type attachmentEdit struct {
	name, sql, outcome string
	attachments        int // left
}

// attachmentEdits are what another session may do to the attachments of a listed
// record, and the outcome the record must have then.
var attachmentEdits = []attachmentEdit{
	{"one came", `INSERT INTO attachments (account_id, record_id, name, file_key) SELECT account_id, record_id, 'late', file_key FROM attachments WHERE record_id = $1 LIMIT 1`, "keptAttachment", 3},
	{"one was renamed", `UPDATE attachments SET name = 'new' WHERE record_id = $1 AND name = 'b.pdf'`, "keptAttachment", 2},
	{"one was written anew as it was", `UPDATE attachments SET name = name WHERE record_id = $1 AND name = 'b.pdf'`, "keptAttachment", 2},
	{"one was removed", `DELETE FROM attachments WHERE record_id = $1 AND name = 'b.pdf'`, "", 0},
	{"all were removed", `DELETE FROM attachments WHERE record_id = $1`, "", 0},
	{"the record was edited", `UPDATE records SET note = 'new' WHERE id = $1`, "keptChanged", 2},
	{"both changed", `WITH t AS (UPDATE attachments SET name = 'new' WHERE record_id = $1) UPDATE records SET note = 'new' WHERE id = $1`, "keptChanged", 2},
	{"all is gone", `WITH t AS (DELETE FROM attachments WHERE record_id = $1) DELETE FROM records WHERE id = $1`, "alreadyGone", 0},
}

// eachEdit runs a test of each edit, in both ways of deleting.
func eachEdit(t *testing.T, run func(t *testing.T, s *sealed, edit attachmentEdit)) {
	t.Helper()
	for _, edit := range attachmentEdits {
		for way, each := range ways {
			t.Run(edit.name+"/"+way, func(t *testing.T) {
				t.Parallel()
				s := attached(t)
				s.each = each
				run(t, s, edit)
			})
		}
	}
}

func TestAttachmentsThatChangedBeforeTheBatchKeepTheirRecord(t *testing.T) {
	t.Parallel()
	eachEdit(t, func(t *testing.T, s *sealed, edit attachmentEdit) {
		s.Exec(edit.sql, s.rows[1].ID)

		_, err := s.delete()

		require.NoError(t, err)
		require.Equal(t, edit.outcome, s.outcome(1))
		require.Equal(t, edit.attachments, s.Count("attachments"))
	})
}

func TestAttachmentsThatChangeWhileTheBatchWaitsKeepTheirRecord(t *testing.T) {
	t.Parallel()
	eachEdit(t, func(t *testing.T, s *sealed, edit attachmentEdit) {
		tx := s.Hold(edit.sql, s.rows[1].ID)
		done := make(chan error, 1)
		go func() {
			_, err := s.delete()
			done <- err
		}()
		s.AwaitLock(1)
		require.NoError(t, tx.Commit(t.Context()))

		err := <-done
		if err != nil { // the wait was longer than the lock timeout
			require.ErrorIs(t, err, offhours.ErrBusy)
			_, err = s.delete()
		}

		require.NoError(t, err)
		require.Equal(t, edit.outcome, s.outcome(1))
		require.Equal(t, edit.attachments, s.Count("attachments"))
	})
}

// What comes while the batch is under way has to wait for it, and finds no record then.
func TestAnAttachmentCannotComeBehindTheTestsOfTheBatch(t *testing.T) {
	t.Parallel()
	s := attached(t)
	user := s.Session()
	tx := s.Hold(`SELECT 1 FROM exceptions`) // any transaction
	_, err := tx.Exec(t.Context(), `SELECT 1 FROM records WHERE id = $1 FOR UPDATE`, s.rows[1].ID)
	require.NoError(t, err)
	late := make(chan error, 1)
	go func() {
		_, err := user.Exec(s.ctx(), `INSERT INTO attachments (account_id, record_id, name, file_key) SELECT account_id, record_id, 'late', file_key FROM attachments LIMIT 1`)
		late <- err
	}()
	s.AwaitLock(1)
	_, err = tx.Exec(t.Context(), `WITH t AS (DELETE FROM attachments WHERE record_id = $1) DELETE FROM records WHERE id = $1`, s.rows[1].ID)
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))

	require.ErrorContains(t, <-late, "attachments_account_id_record_id_fkey")
}

// A trigger that changes the record when its attachment is deleted makes a delete
// in two statements lose the attachments and keep the record.
func TestATriggerOnAttachmentsLosesNone(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"BEFORE", "AFTER"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			s := attached(t)
			s.Exec(`CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN UPDATE records SET note = 'bumped' WHERE account_id = OLD.account_id AND id = OLD.record_id; RETURN OLD; END $$`)
			s.Exec(`CREATE TRIGGER bump ` + when + ` DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION bump()`)

			deleted, err := s.delete()

			if err == nil && deleted == 3 {
				require.Zero(t, s.Count("attachments"))
				require.Equal(t, 2, s.Count("tombstones"))
				return
			}
			require.Equal(t, 2, s.Count("attachments"))
			require.Zero(t, s.Count("tombstones"))
		})
	}
}

func TestARewrittenRecordWithALateAttachmentIsKept(t *testing.T) {
	t.Parallel()
	s := attached(t)
	s.Exec(`SET session_replication_role = replica`)
	s.Exec(`UPDATE records SET note = 'rewritten' WHERE id = ANY ($1::uuid[])`, []string{s.rows[0].ID, s.rows[1].ID})
	s.Exec(`SET session_replication_role = DEFAULT`)
	s.Attach(s.rows[1].ID, "late", s.FileKey())

	_, err := s.delete()

	require.NoError(t, err)
	require.Equal(t, "rewritten", s.outcome(0))
	require.Equal(t, "keptAttachment", s.outcome(1))
}

func TestNoColumnOfAttachmentsOrFilesIsLost(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		`ALTER TABLE attachments ADD COLUMN size bigint`,
		`ALTER TABLE files ADD COLUMN owner text DEFAULT 'x'`,
		`ALTER TABLE attachments DROP CONSTRAINT attachments_file, ADD FOREIGN KEY (account_id, file_key) REFERENCES files ON DELETE CASCADE`,
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			s := attached(t)
			s.Exec(change)
			_, err := s.delete()
			var failure *offhours.Failure
			require.ErrorAs(t, err, &failure)
			require.Equal(t, offhours.FailureSchemaChanged, failure.Code)
			require.Equal(t, 2, s.Count("attachments"))

			w := newWorld(t)
			w.AddType(201, 1, 40*day)
			w.Exec(change)
			ref := w.mustAdmit(draft(201)).Ref()
			_, err = w.DB.Begin(t.Context(), ref, 0)
			require.NoError(t, err)
			_, err = w.DB.Plan(t.Context(), ref, 10)
			require.ErrorAs(t, err, &failure)
			require.Equal(t, offhours.FailureSchemaUnsafe, failure.Code)
		})
	}
}
