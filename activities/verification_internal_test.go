package activities

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// twoLists is an archive that answers only once two lists are asked for, the later
// part first.
type twoLists struct {
	VerificationArchive
	rows  map[string][]offhours.Listed
	asked sync.WaitGroup
	later chan struct{}
}

func (a *twoLists) ReadList(_ context.Context, list offhours.Stored, _ []string) ([]offhours.Listed, error) {
	a.asked.Done()
	a.asked.Wait()
	if list.Key == "1" {
		<-a.later
	} else {
		defer close(a.later)
	}
	return a.rows[list.Key], nil
}

func listOf(ids ...string) (rows []offhours.Listed) {
	for _, id := range ids {
		rows = append(rows, offhours.Listed{ID: id})
	}
	return rows
}

func recordID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-0000000000%02x", n) }

func readBoth(first, second []offhours.Listed, secondRound int) (lists, error) {
	archive := &twoLists{rows: map[string][]offhours.Listed{"1": first, "2": second}, later: make(chan struct{})}
	archive.asked.Add(2)
	export := offhours.Export{Parts: []offhours.Part{
		{Number: 1, Round: 1, Files: offhours.PartFiles{List: offhours.Stored{Key: "1"}}},
		{Number: 2, Round: secondRound, SourcePart: 1, Files: offhours.PartFiles{List: offhours.Stored{Key: "2"}}},
	}}
	return (&Verification{Archive: archive}).readLists(context.Background(), export, 2)
}

func TestTwoListsAreReadAtOnceAndMergedInTheOrderOfTheirParts(t *testing.T) {
	t.Parallel()
	first, second := listOf(recordID(1), recordID(2)), listOf(recordID(3), recordID(2), recordID(1))
	read, err := readBoth(first, second, 1)
	require.NoError(t, err)
	require.Equal(t, 3, read.distinct)
	require.Equal(t, []int{1}, read.repeated, "the earlier part is exported again, and once")

	read, err = readBoth(first, second, 2)
	require.NoError(t, err)
	require.Equal(t, 2, read.distinct)
	require.Empty(t, read.repeated)
	require.Equal(t, map[int][]string{1: {recordID(3), recordID(2), recordID(1)}}, read.rewritten)
}

func TestAListWithAnIdThatIsNoneIsCorrupt(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "record 1", recordID(1) + "0"} {
		_, err := readBoth(listOf(recordID(1)), slices.Concat(listOf(recordID(2)), listOf(id)), 1)
		require.ErrorIs(t, err, offhours.ErrCorrupt, "%q", id)
	}
}
