package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

func seeds() []postgres.AccountSeed {
	hours := offhours.BusinessHours{Monday: []offhours.Block{{From: 9 * 60, To: 18 * 60}}}
	return []postgres.AccountSeed{
		{
			Account: offhours.Account{ID: 7, Name: "Acme", FeatureEnabled: true, Schedule: offhours.Schedule{
				TimeZone: "Europe/Berlin", BusinessHours: hours, Holidays: offhours.Dates{{Year: 2026, Month: 12, Day: 25}},
			}},
			Users: []offhours.User{
				{Email: "Ada@acme.example", Name: "Ada", Role: offhours.RoleAdministrator, Active: true},
				{Email: "sam@acme.example", Name: "Sam", Role: offhours.RoleSalesUser},
			},
		},
		{Account: offhours.Account{ID: 3, Name: "Off", Schedule: offhours.Schedule{TimeZone: "UTC"}}},
	}
}

func TestAccountsAndUsersAreBroughtToWhatTheSeedsSay(t *testing.T) {
	t.Parallel()
	db, conn := postgrestest.Open(t)
	put := func(s []postgres.AccountSeed) (accounts, users postgres.Changes) {
		accounts, users, err := db.UpsertAccounts(t.Context(), s, grace)
		require.NoError(t, err)
		return accounts, users
	}
	accounts, users := put(seeds())
	require.Equal(t, postgres.Changes{Created: 2}, accounts)
	require.Equal(t, postgres.Changes{Created: 2}, users)

	user, account, err := db.UserByEmail(t.Context(), "ada@ACME.example")
	require.NoError(t, err)
	require.True(t, user.IsAdmin())
	require.Equal(t, seeds()[0].Account.Schedule.Holidays, account.Schedule.Holidays)

	accounts, users = put(seeds())
	require.Equal(t, postgres.Changes{Unchanged: 2}, accounts)
	require.Equal(t, postgres.Changes{Unchanged: 2}, users)

	changed := seeds()
	changed[1].Account.FeatureEnabled = true
	changed[0].Users = changed[0].Users[1:]
	changed[0].Users[0].Active = true
	accounts, users = put(changed)
	require.Equal(t, postgres.Changes{Updated: 1, Unchanged: 1}, accounts)
	require.Equal(t, postgres.Changes{Updated: 1}, users)

	same, _, err := db.UserByEmail(t.Context(), "ada@acme.example")
	require.NoError(t, err, "nobody is deleted")
	require.Equal(t, user, same)

	var next int64
	require.NoError(t, conn.QueryRow(t.Context(), `INSERT INTO accounts (name, schedule) VALUES ('Next', '{}') RETURNING id`).Scan(&next))
	require.Equal(t, int64(8), next, "ids that were given are not given again")
}

func TestWrongSeedsAreRefusedTogetherAndByPlace(t *testing.T) {
	t.Parallel()
	db, conn := postgrestest.Open(t)
	wrong := seeds()
	wrong[0].Account.Schedule.TimeZone = "Mars"
	wrong[0].Users[1] = offhours.User{Email: "ADA@acme.example", Role: "king"}
	wrong[1].Account = offhours.Account{ID: 7, Schedule: offhours.Schedule{TimeZone: "UTC"}}
	wrong[1].Users = []offhours.User{{Email: "nobody", Name: "N", Role: offhours.RoleSalesUser}}
	_, _, err := db.UpsertAccounts(t.Context(), wrong, grace)
	require.ErrorContains(t, err, `accounts[0].schedule: timeZone: "Mars" is not an IANA time zone`)
	require.ErrorContains(t, err, `
accounts[0].users[1].email is that of an earlier user
accounts[0].users[1].name is missing
accounts[0].users[1].role must be administrator, sales_manager, sales_user or marketing_user
accounts[1].id is that of an earlier account
accounts[1].name is missing
accounts[1].users[0].email is not an address`)
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM accounts").Scan(&n))
	require.Zero(t, n)
}

func TestAUserIsNeverMovedToAnotherAccount(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	s := seeds()
	s[1].Users = []offhours.User{{Email: "ADMIN@acme.example", Name: "Thief", Role: offhours.RoleAdministrator, Active: true}}
	_, _, err := w.DB.UpsertAccounts(t.Context(), s, grace)
	require.ErrorContains(t, err, "accounts[1].users[0]: the email belongs to a user of account 1")
	require.Equal(t, 1, w.Count("accounts"))
}

func TestAnAccountIsFoundByItsName(t *testing.T) {
	t.Parallel()
	w := postgrestest.NewWorld(t)
	id, err := w.DB.AccountIDByName(t.Context(), "Acme")
	require.NoError(t, err)
	require.Equal(t, w.Account.ID, id)
	_, err = w.DB.AccountIDByName(t.Context(), "acme")
	require.True(t, offhours.Is(err, offhours.CodeNotFound))
	w.NewAccount("Acme", "other@acme.example")
	_, err = w.DB.AccountIDByName(t.Context(), "Acme")
	require.ErrorContains(t, err, `2 accounts are called "Acme"; give the id`)
}

func TestHoursThatAreLoadedCountAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 1, 40*day)
	queued := w.mustAdmit(draft(201))
	running := w.Queue(202, 1)
	w.Run(running, "deleting", 1, 0)
	account := w.Account
	account.Schedule = closed
	window, err := closed.NextWindow(time.Now())
	require.NoError(t, err)

	_, _, err = w.DB.UpsertAccounts(t.Context(), []postgres.AccountSeed{{Account: account}}, grace)

	require.NoError(t, err)
	require.Equal(t, window.Open, *w.request(queued.ID).StartsAt)
	var stopped bool
	w.Scan(&stopped, `SELECT window_close <= clock_timestamp() AND paused_until IS NOT NULL FROM requests WHERE id = $1`, running)
	require.True(t, stopped)
	untold, err := w.DB.Untold(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, untold, 2, "workers tell both workflows")
}
