package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func (w world) preview(d offhours.Draft) (offhours.Preview, error) {
	return w.DB.Preview(w.T.Context(), w.Account, d, grace)
}

func (w world) mustPreview(d offhours.Draft) offhours.Preview {
	w.T.Helper()
	preview, err := w.preview(d)
	require.NoError(w.T, err)
	return preview
}

func TestAPreviewCountsBothSidesAndAttachments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 3, 400*day)
	w.AddRecords(201, 5, 100*day)
	w.AddRecords(201, 7, 10*day)
	w.Exec(`INSERT INTO files (account_id, key) SELECT DISTINCT account_id, 'files/' || account_id || '/k' FROM records`)
	w.Exec(`INSERT INTO attachments (account_id, record_id, name, file_key)
		SELECT account_id, id, 'scan.pdf', 'files/' || account_id || '/k' FROM records, generate_series(1, 2)`)
	now, err := w.DB.Now(t.Context())
	require.NoError(t, err)
	from, to := offhours.DateOf(now, time.UTC).AddDays(-200), offhours.DateOf(now, time.UTC).AddDays(-50)
	d := draft(201)
	d.Confirmed = false
	d.Range = offhours.DateRange{From: &from, To: &to}

	preview := w.mustPreview(d)

	require.Nil(t, preview.Refusal)
	require.Equal(t, [3]int{10, 3, 7}, [3]int{preview.Records, preview.RecordsBefore, preview.RecordsAfter})
	require.Equal(t, 20, preview.Attachments)
	require.WithinDuration(t, now.Add(grace), preview.EarliestStart, time.Minute)
	require.NotNil(t, preview.Selection.Until)
	require.Zero(t, w.Count("requests"))
}

func TestAPreviewSaysWhatWouldBeRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 2, 40*day)

	unknown := w.mustPreview(draft(202))
	require.Equal(t, offhours.CodeUnknownActivityType, unknown.Refusal.Code)
	require.Zero(t, unknown.Records)

	nothing := draft(201)
	nothing.Range.Days = 60
	require.Equal(t, offhours.CodeNothingToDo, w.mustPreview(nothing).Refusal.Code)

	for code := range 5 {
		w.Queue(301+code, 200_000)
	}
	full := w.mustPreview(draft(201))
	require.Equal(t, offhours.CodeQueueFull, full.Refusal.Code)
	require.Equal(t, 2, full.Records, "counted even so")

	w.Queue(201, 1)
	require.Equal(t, offhours.CodeDuplicateRequest, w.mustPreview(draft(201)).Refusal.Code)
}

func TestAPreviewOfTooManyRecordsTellsTheCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddTypes(201, 1, 200_001, 40*day)

	preview := w.mustPreview(draft(201))

	require.Equal(t, offhours.CodeRequestTooLarge, preview.Refusal.Code)
	require.Equal(t, 200_001, preview.Records)
}

func TestAPreviewOfAWrongFormIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := draft(201)
	d.RequestType = "export"

	_, err := w.preview(d)

	require.Equal(t, offhours.CodeInvalidRequest, offhours.CodeOf(err))
}
