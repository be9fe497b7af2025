package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// A worker deletes as fast as it can, and asks again whenever it is refused, while
// business begins and ends and begins again.
func TestNoBatchFallsIntoBusinessHoursHoweverOftenTheyChange(t *testing.T) {
	t.Parallel()
	const records, nights = 300, 12
	s := seal(t, records)
	deleted := make(chan error, 1)
	go func() { deleted <- s.deleteOneByOne() }()

	type night struct{ from, to time.Time }
	var business []night
	for range nights {
		s.setHours(closed)
		from, err := s.DB.Now(t.Context())
		require.NoError(t, err)
		for range 3 {
			s.setHours(closed) // and again, which changes nothing
		}
		to, err := s.DB.Now(t.Context())
		require.NoError(t, err)
		business = append(business, night{from, to})
		done := s.Count("batches")
		s.setHours(open)
		require.Eventually(t, func() bool { return s.Count("batches") > done || s.left() == 0 }, 10*time.Second, time.Millisecond)
	}

	require.NoError(t, <-deleted)
	require.Zero(t, s.left())
	for _, n := range business {
		var during int
		s.Scan(&during, `SELECT count(*) FROM batches WHERE deleted_at BETWEEN $1 AND $2`, n.from, n.to)
		require.Zero(t, during)
	}
	var deletedOnce int
	s.Scan(&deletedOnce, `SELECT sum(deleted) FROM batches`)
	require.Equal(t, records, deletedOnce)
}

// deleteOneByOne deletes the rows in batches of one.
func (s *sealed) deleteOneByOne() error {
	for part := s.part; part.Done < len(s.rows); {
		_, err := s.DB.DeleteBatch(s.ctx(), part, s.rows[part.Done:part.Done+1])
		switch {
		case err == nil:
			part.Done++
		case !errors.Is(err, offhours.ErrWindowClosed) && !errors.Is(err, offhours.ErrTableBusy):
			return err
		}
	}
	return nil
}
