package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// Edited records come together, as jobs touch them. A sequence counts the batches
// that were taken back, too.
func TestBehindAnUnevenBatchTheNextIsNotTriedAsAWhole(t *testing.T) {
	t.Parallel()
	p := slowly(t, postgrestest.NewWorld(t))
	p.limit(offhours.Limits{offhours.LimitPause: 0})
	p.Exec(`UPDATE records SET note = 'new' WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY modified_on, id) n FROM records) r WHERE n IN (150, 250, 350, 750))`)
	p.Exec(`CREATE SEQUENCE tried`)
	p.Exec(`CREATE FUNCTION count_try() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('tried'); RETURN NEW; END $$;
		CREATE TRIGGER count_try BEFORE INSERT ON batches FOR EACH ROW EXECUTE FUNCTION count_try()`)
	p.delete(1)

	require.Equal(t, 4, p.left())
	require.Len(t, p.batches(), 12)
	var tried int
	p.Scan(&tried, `SELECT last_value FROM tried`)
	require.Equal(t, 14, tried, "the first of three in a row, and one alone, were tried in vain")
}
