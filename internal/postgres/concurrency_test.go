package postgres_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

func TestAHundredCreatesOfOneTypeMakeOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 10, 40*day)

	results := postgrestest.AtOnce(100, func(i int) offhours.Code {
		_, _, err := w.admit(draft(201), fmt.Sprint("key ", i))
		return codeOf(err)
	})

	require.Equal(t, map[offhours.Code]int{"": 1, offhours.CodeDuplicateRequest: 99}, results)
	require.Equal(t, 1, w.Count("requests"))
}

func TestAHundredCreatesUnderOneKeyMakeOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddType(201, 10, 40*day)

	results := postgrestest.AtOnce(100, func(int) offhours.Code {
		_, _, err := w.admit(draft(201), "key")
		return codeOf(err)
	})

	require.Equal(t, map[offhours.Code]int{"": 100}, results)
	require.Equal(t, 1, w.Count("requests"))
	require.Equal(t, 1, w.Count("notices"))
}

func TestAHundredCreatesNeverExceedTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for code := range 4 {
		w.Queue(301+code, 200_000)
	}
	w.Queue(305, 199_950)
	w.AddTypes(1001, 100, 10, 40*day)

	results := postgrestest.AtOnce(100, func(i int) offhours.Code {
		_, _, err := w.admit(draft(1001+i), fmt.Sprint("key ", i))
		return codeOf(err)
	})

	require.Equal(t, map[offhours.Code]int{"": 5, offhours.CodeQueueFull: 95}, results)
	var queued int
	w.Scan(&queued, `SELECT sum(records) FROM requests`)
	require.Equal(t, offhours.MaxQueuedRecords, queued)
}
