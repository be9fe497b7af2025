package postgres_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// sealed is a Delete Only request whose only part is verified and sealed: its
// records may be deleted now.
type sealed struct {
	world
	ref  offhours.RequestRef
	part offhours.Part
	rows []offhours.Listed
	each bool // rows are looked at one by one, and not as a whole before
}

// ways are both in which a batch is deleted.
var ways = map[string]bool{"all rows at once": false, "each row": true}

// seal admits, starts, plans, exports, verifies and seals a request of n records.
func seal(t *testing.T, n int) *sealed {
	t.Helper()
	return sealWith(t, n, func(*sealed) {})
}

// sealWith arranges something before the export begins.
func sealWith(t *testing.T, n int, arrange func(*sealed)) *sealed {
	t.Helper()
	w := newWorld(t)
	w.AddType(201, n, 40*day)
	s := &sealed{world: w}
	arrange(s)
	s.begin(offhours.DeleteOnly)
	s.export(1, 1)
	s.open(1, n)
	return s
}

func (s *sealed) begin(kind offhours.RequestType) {
	s.T.Helper()
	d := draft(201)
	d.RequestType = kind
	request := s.mustAdmit(d)
	s.ref = request.Ref()
	timing, err := s.DB.Begin(s.ctx(), s.ref, 0)
	require.NoError(s.T, err)
	require.Equal(s.T, offhours.StatusInProgress, timing.Status)
	_, err = s.DB.Plan(s.ctx(), s.ref, 10_000)
	require.NoError(s.T, err)
}

// export exports and verifies a part, and claims it for deleting.
func (s *sealed) export(number, round int) {
	s.T.Helper()
	part, err := s.DB.ClaimPart(s.ctx(), s.ref, number)
	require.NoError(s.T, err)
	copies, err := s.DB.UncopiedAttachments(s.ctx(), part, 100)
	require.NoError(s.T, err)
	for i := range copies {
		copies[i].ETag, copies[i].Bytes = "etag of "+copies[i].Key, 1
	}
	_, err = s.DB.RecordCopies(s.ctx(), part, copies)
	require.NoError(s.T, err)
	var rows bytes.Buffer
	snapshot, err := s.DB.CopyPart(s.ctx(), part, &rows, offhours.Pieces{})
	require.NoError(s.T, err)
	s.rows = listed(s.T, &rows)
	files := offhours.PartFiles{Rows: len(s.rows), List: offhours.Stored{Key: "list", Bytes: 1, SHA256: "sum"}}
	require.NoError(s.T, s.DB.RecordExported(s.ctx(), part, files, snapshot))
	part.Files = files
	require.NoError(s.T, s.DB.RecordVerified(s.ctx(), part, offhours.PartKeys{Rows: len(s.rows)}))
	s.part = part
}

func (s *sealed) open(round, listed int) {
	s.T.Helper()
	require.NoError(s.T, s.DB.Seal(s.ctx(), s.ref, offhours.Seal{Round: round, Listed: listed, Lists: map[int]string{1: "sum", 2: "sum"}, Manifest: offhours.Stored{Key: "manifest"}}))
}

func listed(t testing.TB, text *bytes.Buffer) (rows []offhours.Listed) {
	t.Helper()
	records, err := csv.NewReader(text).ReadAll()
	require.NoError(t, err)
	for _, record := range records {
		modified, err := time.Parse(time.RFC3339Nano, record[2])
		require.NoError(t, err)
		row := offhours.Listed{ID: record[0], Version: record[1], ModifiedOn: modified}
		require.NoError(t, json.Unmarshal([]byte(record[3]), &row.Attachments))
		rows = append(rows, row)
	}
	return rows
}

// delete deletes the rows that are left and moves on.
func (s *sealed) delete() (int, error) {
	way := s.DB.DeleteBatch
	if s.each {
		way = s.DB.DeleteEach
	}
	deleted, err := way(s.ctx(), s.part, s.rows[s.part.Done:])
	if err == nil {
		s.part.Done = len(s.rows)
	}
	return deleted.Records, err
}

// outcome returns why the row was not deleted, and "" if it was.
func (s *sealed) outcome(row int) (outcome string) {
	s.T.Helper()
	s.Scan(&outcome, `SELECT coalesce((SELECT outcome FROM exceptions WHERE request_id = $1 AND row_no = $2), '')`, s.ref.RequestID, row)
	return outcome
}

func (s *sealed) left() (n int) {
	s.T.Helper()
	s.Scan(&n, `SELECT count(*) FROM records WHERE account_id = $1 AND type_code = 201`, s.Account.ID)
	return n
}

// untouched checks that a refused batch changed nothing at all.
func (s *sealed) untouched(n int) {
	s.T.Helper()
	require.Equal(s.T, n, s.left())
	require.Zero(s.T, s.Count("batches"))
	require.Zero(s.T, s.Count("exceptions"))
}

func (s *sealed) ctx() context.Context { return s.T.Context() }
