package activities_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// The CSV file that users are promised, byte for byte: the columns and their
// order, each from its place in the database, times in UTC with microseconds,
// everything quoted but NULL, values as they are, and attachments with checksums.
func TestTheCSVFileOfAnExportIsThatOfTheContract(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, 0)
	p.Exec(`UPDATE record_types SET fields = '[{"schemaName": "mx_2", "displayName": "City"}, {"schemaName": "mx_1", "displayName": "Status"},
		{"schemaName": "mx_3", "displayName": "Papers", "fields": [{"schemaName": "a", "displayName": "File", "file": true}, {"schemaName": "b", "displayName": "State"}]}]'`)
	p.Exec(`SET timezone = 'Asia/Kolkata'`)
	const first, second = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	p.Exec(`INSERT INTO records (account_id, id, type_code, external_key, prospect_id, status, owner, note,
			created_on, created_by, created_by_name, created_by_email, modified_on, modified_by, modified_by_name, modified_by_email, fields)
		VALUES ($1, $2, $3, 'not in the file', '00000000-0000-4000-8000-00000000000a', 'Open', '=1+1', E'a "b",\r\nc',
			'2024-01-31 23:59:59.9+05:30', '00000000-0000-4000-8000-00000000000b', 'Ann', 'ann@acme.example',
			'2024-02-29 00:00:00.000001+00', '00000000-0000-4000-8000-00000000000c', 'Ben', '@ben',
			'{"mx_1": "7", "mx_2": "Köln", "mx_3": {"a": "id.pdf", "b": "-1"}, "undeclared": 1}')`, p.Account.ID, first, code)
	p.Exec(`INSERT INTO records (account_id, id, type_code, status, created_on, modified_on, fields)
		VALUES ($1, $2, $3, '', '2024-01-01Z', '2024-03-01Z', '{"mx_1": null}')`, p.Account.ID, second, code)
	key := p.FileKey()
	p.Attach(first, `é "q".PDF`, key)
	p.upload(key, "first")
	p.begin(offhours.ExportAndDelete)
	p.archive(p.plan(1)...)

	part, err := p.DB.Part(t.Context(), p.ref, 1)
	require.NoError(t, err)
	text, err := p.bucket.ReadAll(t.Context(), part.Files.CSV.Key)
	require.NoError(t, err)

	require.Equal(t, `"ProspectActivityId","RelatedProspectId","ActivityType","ActivityEvent","Status","Owner","ActivityEvent_Note",`+
		`"CreatedOn","CreatedBy","CreatedByName","CreatedByEmailAddress","ModifiedOn","ModifiedBy","ModifiedByName","ModifiedByEmailAddress",`+
		`"City","Status [mx_1]","Papers - File","Papers - State","Attachments"`+"\n"+
		fmt.Sprintf(`"%s","00000000-0000-4000-8000-00000000000a","2","%d","Open","=1+1","a ""b"",`+"\r\n"+`c",`, first, code)+
		`"2024-01-31T18:29:59.900000Z","00000000-0000-4000-8000-00000000000b","Ann","ann@acme.example",`+
		`"2024-02-29T00:00:00.000001Z","00000000-0000-4000-8000-00000000000c","Ben","@ben","Köln","7","id.pdf","-1",`+
		`"[{""file"": ""attachment-0001-00001.pdf"", ""name"": ""é \""q\"".PDF"", ""bytes"": 5, `+
		`""sha256"": ""a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e""}]"`+"\n"+
		fmt.Sprintf(`"%s",,"2","%d","",,,"2024-01-01T00:00:00.000000Z",,,,"2024-03-01T00:00:00.000000Z",,,,,,,,"[]"`, second, code)+"\n",
		string(text))
}
