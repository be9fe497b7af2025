package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestUserByEmailIgnoresTheCaseOfLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	user, account, err := w.DB.UserByEmail(t.Context(), "ADMIN@Acme.example")

	require.NoError(t, err)
	require.Equal(t, w.Admin, user)
	require.True(t, user.IsAdmin())
	require.Equal(t, w.Account, account)
	require.Equal(t, "Asia/Kolkata", account.Schedule.TimeZone)
}

func TestUserByEmailDoesNotKnowStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)

	_, _, err := w.DB.UserByEmail(t.Context(), "stranger@acme.example")

	require.True(t, offhours.Is(err, offhours.CodeNotFound))
}

func TestAnAccountKeepsItsSchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`UPDATE accounts SET schedule = '{"timeZone": "Europe/Berlin", "holidays": ["2026-12-25"], "businessHours": {"monday": [{"from": "09:00", "to": "18:00"}]}}'`)

	account, err := w.DB.Account(t.Context(), w.Account.ID)

	require.NoError(t, err)
	require.Equal(t, offhours.Schedule{
		TimeZone:      "Europe/Berlin",
		BusinessHours: offhours.BusinessHours{Monday: []offhours.Block{{From: 9 * 60, To: 18 * 60}}},
		Holidays:      offhours.Dates{{Year: 2026, Month: 12, Day: 25}},
	}, account.Schedule)
	_, err = w.DB.Account(t.Context(), -1)
	require.True(t, offhours.Is(err, offhours.CodeNotFound))
}

func TestOnlyCustomTypesAreOffered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.NewAccount("Globex", "admin@globex.example")
	other.AddType(999, 0, 0)
	w.AddType(202, 0, 0)
	w.AddType(201, 0, 0)
	for i, category := range []string{"core", "account", "ticket", "opportunity"} {
		w.Exec(`INSERT INTO record_types (account_id, code, name, category) VALUES ($1, $2, $3, $3)`, w.Account.ID, i+1, category)
	}
	w.Exec(`UPDATE record_types SET fields = '[{"schemaName": "mx_Custom_1", "displayName": "Amount"}]' WHERE code = 201`)

	types, err := w.DB.RecordTypes(t.Context(), w.Account.ID)

	require.NoError(t, err)
	require.Len(t, types, 2)
	require.Equal(t, "Type 201", types[0].Name)
	require.Equal(t, []offhours.Field{{SchemaName: "mx_Custom_1", DisplayName: "Amount"}}, types[0].Fields)
	require.Equal(t, 202, types[1].Code)
}
