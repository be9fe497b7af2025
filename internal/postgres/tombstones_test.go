package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func (s *sealed) release() (offhours.Released, error) {
	s.T.Helper()
	return s.DB.ReleaseFiles(s.ctx(), s.ref, 100)
}

func (s *sealed) states() (states string) {
	s.T.Helper()
	s.Scan(&states, `SELECT coalesce(string_agg(state, ' ' ORDER BY part, number), '') FROM tombstones`)
	return states
}

func TestFilesOfDeletedRecordsAreReleasedUntilSomebodyHasRemovedThem(t *testing.T) {
	t.Parallel()
	s := attached(t)
	before, err := s.release()
	require.NoError(t, err)
	require.Zero(t, before.Looked, "nothing is deleted yet")
	_, err = s.delete()
	require.NoError(t, err)

	released, err := s.release()

	require.NoError(t, err)
	require.Len(t, released.Tombstones, 2)
	first := released.Tombstones[0]
	require.Equal(t, "etag of "+first.Key, first.ETag)
	require.Zero(t, s.Count("files"))
	again, err := s.release() // whoever crashed before it removed them
	require.NoError(t, err)
	require.Equal(t, released.Tombstones, again.Tombstones)

	first.State = offhours.FileRemoved
	require.NoError(t, s.DB.RecordFiles(t.Context(), s.ref, []offhours.Tombstone{first}))
	again, err = s.release()
	require.NoError(t, err)
	require.Equal(t, released.Tombstones[1:], again.Tombstones)
	first.State = offhours.FileMissing // as a slower twin finds it
	require.NoError(t, s.DB.RecordFiles(t.Context(), s.ref, []offhours.Tombstone{first}))
	require.Contains(t, s.states(), "removed")
}

func TestAFileThatAnotherRecordRefersToIsKept(t *testing.T) {
	t.Parallel()
	var shared string
	s := sealWith(t, 2, func(s *sealed) {
		shared = s.FileKey()
		s.Attach(s.second(), "a.pdf", shared)
		s.Attach(s.second(), "b.pdf", s.FileKey())
		s.AddType(999, 1, 0)
		var other string
		s.Scan(&other, `SELECT id::text FROM records WHERE type_code = 999`)
		s.Attach(other, "c.pdf", shared)
	})
	_, err := s.delete()
	require.NoError(t, err)

	released, err := s.release()

	require.NoError(t, err)
	require.Equal(t, 2, released.Looked)
	require.Len(t, released.Tombstones, 1)
	require.NotEqual(t, shared, released.Tombstones[0].Key)
	var left string
	s.Scan(&left, `SELECT key FROM files`)
	require.Equal(t, shared, left)
	require.Contains(t, s.states(), "shared")
}

func TestAFileOfTwoDeletedRecordsIsReleased(t *testing.T) {
	t.Parallel()
	s := sealWith(t, 2, func(s *sealed) {
		shared := s.FileKey()
		for _, id := range []string{s.second(), s.first()} {
			s.Attach(id, "a.pdf", shared)
		}
	})
	_, err := s.delete()
	require.NoError(t, err)

	released, err := s.release()

	require.NoError(t, err)
	require.Len(t, released.Tombstones, 2)
	require.Zero(t, s.Count("files"))
}

func (s *sealed) first() (id string) {
	s.T.Helper()
	s.Scan(&id, `SELECT id::text FROM records ORDER BY modified_on, id LIMIT 1`)
	return id
}

// Even under a foreign key that would cascade: the lock of the file lets nobody
// refer to it behind the test.
func TestSomebodyWhoRefersToAFileAtThatMomentKeepsIt(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"NO ACTION", "CASCADE"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			s := attached(t)
			s.AddType(999, 1, 0)
			_, err := s.delete()
			require.NoError(t, err)
			s.Exec(`ALTER TABLE attachments DROP CONSTRAINT attachments_file, ADD FOREIGN KEY (account_id, file_key) REFERENCES files ON DELETE ` + action)
			user := s.Hold(`INSERT INTO attachments (account_id, record_id, name, file_key)
				SELECT f.account_id, a.id, 'late', f.key FROM records a, (SELECT * FROM files ORDER BY key LIMIT 1) f`)
			done := make(chan error, 1)
			go func() {
				_, err := s.release()
				done <- err
			}()
			s.AwaitLock(1)
			require.NoError(t, user.Commit(t.Context()))

			if err := <-done; err != nil { // the wait was longer than the lock timeout
				require.ErrorIs(t, err, offhours.ErrBusy)
				_, err = s.release()
				require.NoError(t, err)
			}

			require.Equal(t, 1, s.Count("files"))
			require.Equal(t, 1, s.Count("attachments"))
			require.Contains(t, s.states(), "shared")
		})
	}
}

func TestFilesAreReleasedInsideTheWindowUnlessTheRequestEnds(t *testing.T) {
	t.Parallel()
	s := attached(t)
	_, err := s.delete()
	require.NoError(t, err)
	s.Exec(`UPDATE requests SET window_close = clock_timestamp() + interval '1 hour'`)
	none, err := s.DB.ReleaseFiles(s.ctx(), s.ref, 0)
	require.NoError(t, err)
	require.InDelta(t, time.Hour-6*time.Second, none.For, float64(5*time.Second), "until every batch has to have ended")
	s.Exec(`UPDATE requests SET window_close = clock_timestamp() + interval '3 s'`)

	_, err = s.release()
	require.ErrorIs(t, err, offhours.ErrWindowClosed)
	require.Equal(t, "pending pending", s.states())

	require.NoError(t, s.DB.Fence(t.Context(), s.ref, &offhours.Failure{Code: offhours.FailureCancelled}))
	released, err := s.release()
	require.NoError(t, err)
	require.Len(t, released.Tombstones, 2)
	require.Zero(t, released.For)
}

func TestAnotherAccountReleasesNothing(t *testing.T) {
	t.Parallel()
	s := attached(t)
	_, err := s.delete()
	require.NoError(t, err)
	s.ref.AccountID = s.NewAccount("Globex", "admin@globex.example").Account.ID

	_, err = s.release()

	require.True(t, offhours.Is(err, offhours.CodeNotFound))
	require.Equal(t, "pending pending", s.states())
	_, err = s.Conn.Exec(t.Context(), `UPDATE tombstones SET account_id = $1`, s.ref.AccountID)
	require.Error(t, err)
}

// Another table of the CRM may refer to files, as it may to records.
func TestAFileThatAnotherTableRefersToIsKeptAndDoesNotKeepTheOthers(t *testing.T) {
	t.Parallel()
	s := attached(t)
	_, err := s.delete()
	require.NoError(t, err)
	s.Exec(`CREATE TABLE avatars (account_id bigint, key text, FOREIGN KEY (account_id, key) REFERENCES files)`)
	s.Exec(`INSERT INTO avatars SELECT account_id, key FROM files ORDER BY key LIMIT 1`)

	var released []offhours.Tombstone
	for range 3 {
		some, err := s.release()
		require.NoError(t, err)
		released = append(released, some.Tombstones...)
		for i := range some.Tombstones {
			some.Tombstones[i].State = offhours.FileRemoved
		}
		require.NoError(t, s.DB.RecordFiles(t.Context(), s.ref, some.Tombstones))
	}

	require.Len(t, released, 1)
	require.Equal(t, 1, s.Count("files"))
	require.Contains(t, s.states(), "shared")
	require.Contains(t, s.states(), "removed")
}
