package postgres_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestEveryLimitHasTheRangeThatItsColumnHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.Account.ID
	var columns int
	w.Scan(&columns, `SELECT count(*) FROM information_schema.columns WHERE table_name = 'limits'`)
	require.Len(t, offhours.LimitRanges, columns-1)
	for _, r := range offhours.LimitRanges {
		for value, allowed := range map[int64]bool{r.Min: true, r.Max: true, r.Max + 1: false, r.Min - 1: r.Off && r.Min == 1, -1: false, 0: r.Off} {
			name := fmt.Sprint(r.Limit, " = ", value)
			err := w.DB.ChangeLimits(t.Context(), &account, offhours.Limits{r.Limit: value}, nil, "support")
			_, inDatabase := w.Conn.Exec(t.Context(), fmt.Sprintf(`UPDATE limits SET %s = %d WHERE account_id IS NULL`, r.Limit, value))
			if allowed {
				require.NoError(t, err, name)
				require.NoError(t, inDatabase, name)
			} else {
				require.Equal(t, offhours.CodeInvalidRequest, codeOf(err), name)
				require.ErrorContains(t, inDatabase, "violates check constraint", name)
			}
		}
	}
}

func TestAnAccountsLimitsStandInTheDeploymentsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account, ref := w.Account.ID, w.mustAdmitOne().Ref()
	deployment, own, err := w.DB.Limits(t.Context(), &account)
	require.NoError(t, err)
	require.Len(t, deployment, len(offhours.LimitRanges), "the deployment has a value for each")
	require.Empty(t, own)

	require.NoError(t, w.DB.ChangeLimits(t.Context(), &account, offhours.Limits{offhours.LimitPause: 30, offhours.LimitWAL: 0}, nil, "support: J. Doe"))
	require.NoError(t, w.DB.ChangeLimits(t.Context(), nil, offhours.Limits{offhours.LimitBatchRecords: 200, offhours.LimitPause: 10}, nil, "support: J. Doe"))
	p, err := w.DB.Pressure(t.Context(), ref)
	require.NoError(t, err)
	want := offhours.Limits{}
	for limit, value := range deployment {
		want[limit] = value
	}
	want[offhours.LimitPause], want[offhours.LimitWAL], want[offhours.LimitBatchRecords] = 30, 0, 200
	require.Equal(t, want, p.Limits)

	require.NoError(t, w.DB.ChangeLimits(t.Context(), &account, nil, []offhours.Limit{offhours.LimitPause, offhours.LimitWAL}, "support: J. Doe"))
	_, own, err = w.DB.Limits(t.Context(), &account)
	require.NoError(t, err)
	require.Empty(t, own)
	p, err = w.DB.Pressure(t.Context(), ref)
	require.NoError(t, err)
	require.EqualValues(t, 10, p.Limits[offhours.LimitPause])
}

func (w world) mustAdmitOne() offhours.Request {
	w.T.Helper()
	w.AddType(201, 1, 50*day)
	return w.mustAdmit(draft(201))
}

func TestWhoChangedALimitIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.Account.ID
	for range 2 {
		require.NoError(t, w.DB.ChangeLimits(t.Context(), &account, offhours.Limits{offhours.LimitPause: 30}, nil, "support: J. Doe"))
	}
	require.Equal(t, 1, w.Count("limit_events"), "the same again is no change")
	var actor string
	var before, after []byte
	require.NoError(t, w.Conn.QueryRow(t.Context(), `SELECT actor, before, after FROM limit_events WHERE account_id = $1`, account).Scan(&actor, &before, &after))
	require.Equal(t, "support: J. Doe", actor)
	require.JSONEq(t, `{}`, string(before))
	require.JSONEq(t, `{"pause_ms": 30}`, string(after))

	require.NoError(t, w.DB.ChangeLimits(t.Context(), nil, offhours.Limits{offhours.LimitPause: 5}, nil, "support"))
	w.Scan(&before, `SELECT before FROM limit_events WHERE account_id IS NULL`)
	var was offhours.Limits
	require.NoError(t, json.Unmarshal(before, &was))
	require.Len(t, was, len(offhours.LimitRanges))
	for _, change := range []string{`UPDATE limit_events SET actor = 'nobody'`, `DELETE FROM limit_events`} {
		_, err := w.Conn.Exec(t.Context(), change)
		require.ErrorContains(t, err, "only ever added")
	}
}

func TestTheLimitsOfTheDeploymentAreNeverRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Conn.Exec(t.Context(), "DELETE FROM limits")
	require.ErrorContains(t, err, "can be changed, not removed")
}

func TestLimitsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account, nobody := w.Account.ID, int64(99)
	for name, test := range map[string]struct {
		account *int64
		set     offhours.Limits
		unset   []offhours.Limit
		code    offhours.Code
	}{
		"unknown":                 {&account, offhours.Limits{"speed": 1}, nil, offhours.CodeInvalidRequest},
		"unknown, taken back":     {&account, nil, []offhours.Limit{"speed"}, offhours.CodeInvalidRequest},
		"too small":               {nil, offhours.Limits{offhours.LimitWAL: 1}, nil, offhours.CodeInvalidRequest},
		"the deployment's unset":  {nil, nil, []offhours.Limit{offhours.LimitWAL}, offhours.CodeInvalidRequest},
		"account does not exist":  {&nobody, offhours.Limits{offhours.LimitPause: 1}, nil, offhours.CodeNotFound},
		"nor is anything to undo": {&nobody, nil, []offhours.Limit{offhours.LimitPause}, offhours.CodeNotFound},
	} {
		require.Equal(t, test.code, codeOf(w.DB.ChangeLimits(t.Context(), test.account, test.set, test.unset, "support")), name)
	}
	_, _, err := w.DB.Limits(t.Context(), &nobody)
	require.Equal(t, offhours.CodeNotFound, codeOf(err))
	require.Zero(t, w.Count("limit_events"))
}
