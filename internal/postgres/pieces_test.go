package postgres_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// claimed is the first part of an Export & Delete request, with attachments, and with
// several records of each time.
func claimed(t *testing.T) *sealed {
	t.Helper()
	s := &sealed{world: newWorld(t)}
	s.AddType(201, 12, 40*day)
	s.Exec(`SET session_replication_role = replica`) // no trigger sets the time
	s.Exec(`UPDATE records r SET modified_on = r.modified_on + make_interval(secs => k.n / 5) FROM (SELECT id, row_number() OVER () AS n FROM records) k WHERE k.id = r.id`)
	s.Exec(`SET session_replication_role = DEFAULT`)
	for _, name := range []string{"a.pdf", "b.pdf"} {
		s.Attach(s.second(), name, s.FileKey())
	}
	s.begin(offhours.ExportAndDelete)
	part, err := s.DB.ClaimPart(s.ctx(), s.ref, 1)
	require.NoError(t, err)
	copies, err := s.DB.UncopiedAttachments(s.ctx(), part, 100)
	require.NoError(t, err)
	require.Len(t, copies, 2)
	for i := range copies {
		copies[i].ETag, copies[i].Bytes = "etag of "+copies[i].Key, 1
	}
	_, err = s.DB.RecordCopies(s.ctx(), part, copies)
	require.NoError(t, err)
	s.part = part
	return s
}

func (s *sealed) read(pieces offhours.Pieces) string {
	s.T.Helper()
	var rows bytes.Buffer
	_, err := s.DB.CopyPart(s.ctx(), s.part, &rows, pieces)
	require.NoError(s.T, err)
	return rows.String()
}

func TestAPartThatIsReadInPiecesIsTheSame(t *testing.T) {
	t.Parallel()
	s := claimed(t)
	whole := s.read(offhours.Pieces{})
	require.Equal(t, 12, bytes.Count([]byte(whole), []byte("\n")))
	require.Contains(t, whole, "b.pdf")
	for records, rests := range map[int]int{1: 11, 2: 5, 5: 2, 11: 1, 12: 0, 100: 0} {
		rested := 0
		require.Equal(t, whole, s.read(offhours.Pieces{Records: records, Rest: func(context.Context) { rested++ }}), "%d at a time", records)
		require.Equal(t, rests, rested, "%d at a time", records)
	}
}

func TestPiecesAreReadFromOneSnapshot(t *testing.T) {
	t.Parallel()
	s := claimed(t)
	whole := s.read(offhours.Pieces{})
	rest := func(context.Context) {
		s.Exec(`UPDATE records SET note = 'new' WHERE id = (SELECT id FROM records WHERE modified_on < now() - interval '30 days' ORDER BY modified_on DESC LIMIT 1)`)
		s.Exec(`DELETE FROM records WHERE id = (SELECT id FROM records WHERE modified_on < now() - interval '30 days' ORDER BY modified_on DESC LIMIT 1)`)
	}
	require.Equal(t, whole, s.read(offhours.Pieces{Records: 4, Rest: rest}))
	require.Equal(t, 10, s.left(), "each rest edited one, which is new now, and deleted another")
}
