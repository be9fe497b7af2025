package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/dataset"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// typed is a record with the name of its type, and its files.
type typed struct {
	name   string
	record offhours.Record
	files  []offhours.IncomingFile
}

// bare is a record of a type, without files.
func bare(name string, record offhours.Record) typed { return typed{name: name, record: record} }

// source gives records, and then err.
func source(err error, records ...typed) postgres.RecordSource {
	return func() (offhours.Incoming, error) {
		if len(records) == 0 {
			return offhours.Incoming{}, err
		}
		next := records[0]
		records = records[1:]
		return offhours.Incoming{Record: next.record, TypeName: next.name, Files: next.files}, nil
	}
}

func visit(note *string) offhours.Record {
	at := time.Date(2020, 1, 2, 3, 4, 5, 678901000, time.UTC)
	return offhours.Record{ID: uuid.NewString(), Note: note, CreatedOn: at.Add(time.Hour), ModifiedOn: at, Fields: "{}"}
}

var custom = []offhours.Field{{SchemaName: "mx_Custom_1", DisplayName: "Branch"}}

func TestLoadingKeepsEveryValueByteForByte(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	text := func(s string) *string { return &s }
	full := visit(text("a\r\nb\rc \"q\" ,\t=1+1 \x01é\u202e👍 \\"))
	actor := offhours.Actor{ID: text(uuid.NewString()), Name: text("O'Neill, \"G\""), Email: text("g@acme.example")}
	full.ExternalKey, full.ProspectID, full.Status, full.Owner = text(" 1 "), text(uuid.NewString()), text(""), text("=cmd")
	full.CreatedBy, full.ModifiedBy, full.Fields = actor, offhours.Actor{}, `{"mx_Custom_1": "\r\n\"", "n": 1.10, "z": null}`
	for name, load := range map[string]func(postgres.RecordSource) (postgres.LoadResult, error){
		"compared": func(s postgres.RecordSource) (postgres.LoadResult, error) {
			return w.DB.LoadRecords(t.Context(), w.Account.ID, custom, s, nil)
		},
		"fresh": func(s postgres.RecordSource) (postgres.LoadResult, error) {
			return w.DB.LoadFreshRecords(t.Context(), w.Account.ID, "Visit", custom, s, nil)
		},
	} {
		_, err := load(source(io.EOF, bare("Visit", full)))
		require.NoError(t, err, name)
		var got offhours.Record
		require.NoError(t, w.Conn.QueryRow(t.Context(), `DELETE FROM records RETURNING id::text, external_key, prospect_id::text, status, owner, note,
			created_on, created_by::text, created_by_name, created_by_email, modified_on, modified_by::text, modified_by_name, modified_by_email, fields::text`).
			Scan(&got.ID, &got.ExternalKey, &got.ProspectID, &got.Status, &got.Owner, &got.Note,
				&got.CreatedOn, &got.CreatedBy.ID, &got.CreatedBy.Name, &got.CreatedBy.Email,
				&got.ModifiedOn, &got.ModifiedBy.ID, &got.ModifiedBy.Name, &got.ModifiedBy.Email, &got.Fields))
		require.True(t, full.CreatedOn.Equal(got.CreatedOn) && full.ModifiedOn.Equal(got.ModifiedOn), name)
		require.JSONEq(t, full.Fields, got.Fields)
		got.CreatedOn, got.ModifiedOn, got.Fields = full.CreatedOn, full.ModifiedOn, full.Fields
		require.Equal(t, full, got, name)
	}
}

func TestLoadingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	rows := []typed{bare("Visit", visit(nil)), bare("Call", visit(nil)), bare("Visit", visit(nil))}
	state := func() (xmins string) {
		w.Scan(&xmins, "SELECT string_agg(id || ' ' || xmin || ' ' || modified_on, ',' ORDER BY id) FROM records")
		return xmins
	}
	first, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows...), nil)
	require.NoError(t, err)
	require.Equal(t, []postgres.LoadedType{
		{Code: 201, Name: "Visit", Created: true, Inserted: 2},
		{Code: 202, Name: "Call", Created: true, Inserted: 1},
	}, first.Types)
	require.True(t, first.Analyzed)
	before := state()
	rows = append(rows, bare("Call", visit(nil)))
	rows[0].record.Note = new(string)
	second, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows[:3]...), nil)
	require.NoError(t, err)
	require.Equal(t, []postgres.LoadedType{{Code: 201, Name: "Visit", Unchanged: 2}, {Code: 202, Name: "Call", Unchanged: 1}}, second.Types)
	require.Equal(t, before, state())
	third, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows...), nil)
	require.NoError(t, err)
	require.Equal(t, 1, third.Inserted())
	require.Equal(t, 3, third.Unchanged())
}

func TestNewTypesTakeTheFirstFreeCodesAndHaveTheFields(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	w.AddType(202, 0, 0)
	result, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom,
		source(io.EOF, bare("MUNI  -", visit(nil)), bare("MUNI -", visit(nil)), bare("other", visit(nil))), nil)
	require.NoError(t, err)
	require.Equal(t, []int{201, 203, 204}, []int{result.Types[0].Code, result.Types[1].Code, result.Types[2].Code})
	types, err := w.DB.RecordTypes(t.Context(), w.Account.ID)
	require.NoError(t, err)
	require.Equal(t, offhours.RecordType{AccountID: w.Account.ID, Code: 203, Name: "MUNI -", Category: offhours.CategoryCustom, Fields: custom}, types[1])
}

func TestATypeThatWouldMixUpValuesIsRefused(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	w.Exec(`INSERT INTO record_types (account_id, code, name, category, fields) VALUES
		($1, 1, 'Core', 'core', '[]'), ($1, 250, 'Visit', 'custom', '[{"schemaName": "mx_Custom_1", "displayName": "Amount"}]')`, w.Account.ID)
	for name, want := range map[string]string{
		"Core":  `type "Core" (1) is not a custom type but of category core`,
		"Visit": `type "Visit" (250) is there with other custom fields: it has no field mx_Custom_1 called "Branch"`,
	} {
		_, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, bare("New", visit(nil)), bare(name, visit(nil))), nil)
		require.ErrorContains(t, err, want)
		_, err = w.DB.LoadFreshRecords(t.Context(), w.Account.ID, name, custom, source(io.EOF, bare(name, visit(nil))), nil)
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, 0, w.Count("records"))
	require.Equal(t, 2, w.Count("record_types"))
}

func TestALoadThatFailsLoadsNothing(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	broken := errors.New("broken")
	bad := visit(nil)
	bad.Fields = "[]"
	noID := visit(nil)
	noID.ID = "x"
	for name, s := range map[string]func() postgres.RecordSource{
		broken.Error():   func() postgres.RecordSource { return source(broken, bare("Visit", visit(nil))) },
		"unexpected EOF": func() postgres.RecordSource { return source(io.ErrUnexpectedEOF, bare("Visit", visit(nil))) },
		"wrapped: EOF": func() postgres.RecordSource {
			return source(fmt.Errorf("wrapped: %w", io.EOF), bare("Visit", visit(nil)))
		},
		"check":   func() postgres.RecordSource { return source(io.EOF, bare("Visit", visit(nil)), bare("Visit", bad)) },
		"no UUID": func() postgres.RecordSource { return source(io.EOF, bare("Visit", visit(nil)), bare("Visit", noID)) },
	} {
		_, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, s(), nil)
		require.ErrorContains(t, err, name)
		_, err = w.DB.LoadFreshRecords(t.Context(), w.Account.ID, "Visit", custom, s(), nil)
		require.ErrorContains(t, err, name)
	}
	require.Equal(t, 0, w.Count("records"))
	require.Equal(t, 0, w.Count("record_types"))
}

func TestALoadThatIsStoppedLoadsNothing(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	for _, at := range []int{1, 5000} {
		ctx, stop := context.WithCancel(t.Context())
		n := 0
		_, err := w.DB.LoadRecords(ctx, w.Account.ID, custom, func() (offhours.Incoming, error) {
			if n++; n == at {
				stop()
			}
			if n > 10_000 {
				return offhours.Incoming{}, io.EOF
			}
			return offhours.Incoming{Record: visit(nil), TypeName: "Visit"}, nil
		}, nil)
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, 0, w.Count("records"))
	require.Equal(t, 0, w.Count("record_types"))
}

func TestAnUnknownAccountIsRefused(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	_, err := w.DB.LoadRecords(t.Context(), 999, custom, source(io.EOF), nil)
	require.True(t, offhours.Is(err, offhours.CodeNotFound))
	_, err = w.DB.LoadFreshRecords(t.Context(), 999, "Visit", custom, source(io.EOF), nil)
	require.True(t, offhours.Is(err, offhours.CodeNotFound))
}

func TestLoadsOfOneAccountAtOnceShareTheirTypes(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	shared := []typed{bare("B", visit(nil)), bare("A", visit(nil))}
	results := postgrestest.AtOnce(8, func(int) error {
		rows := append([]typed{bare("B", visit(nil))}, shared...)
		_, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows...), nil)
		return err
	})
	require.Equal(t, map[error]int{nil: 8}, results)
	require.Equal(t, 2, w.Count("record_types"))
	require.Equal(t, 8+2, w.Count("records"))
}

func TestGeneratedRecordsAreLoadedOnce(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	const n = 30_000
	until := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	options := dataset.GeneratorOptions{
		AccountID: w.Account.ID, TypeName: "Visit", Records: n, Seed: 1, From: until.AddDate(-3, 0, 0), Until: until,
	}
	generate := func() (postgres.LoadResult, error) {
		g, err := dataset.NewGenerator(options)
		require.NoError(t, err)
		return w.DB.LoadFreshRecords(t.Context(), options.AccountID, options.TypeName, g.Fields(), g.Next, nil)
	}
	has := func() bool {
		yes, err := w.DB.HasRecords(t.Context(), w.Account.ID, "Visit")
		require.NoError(t, err)
		return yes
	}
	require.False(t, has())
	result, err := generate()
	require.NoError(t, err)
	require.Equal(t, n, result.Inserted())
	require.True(t, result.Analyzed)
	require.True(t, has())
	_, err = generate()
	require.ErrorIs(t, err, postgres.ErrAlreadyLoaded)
	require.Equal(t, n, w.Count("records"))
}

func TestStatisticsAreRefreshedOnlyAfterMuchWasLoaded(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	many := make([]typed, 100)
	for i := range many {
		many[i] = bare("Visit", visit(nil))
	}
	load := func(rows ...typed) bool {
		result, err := w.DB.LoadRecords(t.Context(), w.Account.ID, custom, source(io.EOF, rows...), nil)
		require.NoError(t, err)
		return result.Analyzed
	}
	require.True(t, load(many...))
	require.False(t, load(many...))
	require.False(t, load(bare("Visit", visit(nil))))
}
