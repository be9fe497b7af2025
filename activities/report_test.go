package activities_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

const rfc3339 = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`

// texts returns the rows of a query over texts.
func (p *pipeline) texts(sql string) (rows [][]string) {
	p.T.Helper()
	found, err := p.Conn.Query(p.T.Context(), sql)
	require.NoError(p.T, err)
	rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (texts []string, err error) {
		values, err := row.Values()
		for _, value := range values {
			texts = append(texts, fmt.Sprint(value))
		}
		return texts, err
	})
	require.NoError(p.T, err)
	return rows
}

// Every record by its id, as it was when it was selected, with its outcome, the
// file that holds it and the instant of the batch that deleted it.
func TestTheReportSaysOfEachRecordWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	for kind, file := range map[offhours.RequestType]string{offhours.ExportAndDelete: "records-000%s.csv", offhours.DeleteOnly: "%.0s"} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 25)
			selected := p.texts(`SELECT id::text, to_char(modified_on AT TIME ZONE 'UTC', ` + rfc3339 + `) FROM records ORDER BY modified_on, id`)
			p.begin(kind)
			parts := p.plan(1)
			p.archive(parts...)
			p.seal(1)
			p.Exec(`UPDATE records SET note = 'edited' WHERE note = 'note 3'`)
			p.attach("4", "late.pdf", "content")
			p.delete(parts...)

			_, report := p.finish(nil)

			batches := p.texts(`SELECT part::text, to_char(deleted_at AT TIME ZONE 'UTC', ` + rfc3339 + `) FROM batches ORDER BY part`)
			require.Len(t, batches, 3)
			require.Len(t, report, 25)
			was, place := "exported", "the export"
			if kind == offhours.DeleteOnly {
				was, place = "listed", "the list"
			}
			for i, line := range report {
				batch := batches[i/10]
				want := append(selected[i], "deleted", fmt.Sprintf(file, batch[0]), batch[1], "")
				switch i {
				case 3:
					want[2], want[4], want[5] = "keptChanged", "", "modified after it was "+was
				case 4:
					want[2], want[4], want[5] = "keptAttachment", "", "has an attachment that is not in "+place
				}
				require.Equal(t, want, line, "line %d", i)
			}
		})
	}
}
