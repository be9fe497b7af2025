package archive

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestAPurgeEmptiesTheFolderOfOneExportAndTouchesNothingElse(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		neighbour := offhours.RequestRef{AccountID: 7, RequestID: "5f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3f"}
		account := offhours.RequestRef{AccountID: 77, RequestID: ref.RequestID}
		stay := []string{
			CSVKey(account, 1, attempt), CSVKey(neighbour, 1, attempt), ReportKey(ref, attempt),
			"files/7/0c3f2f56-0d4e-4a0e-8a57-3a1a3f1d6a11", "exports/7/" + ref.RequestID + "0", // beside the folder
		}
		for _, key := range append(stay, CSVKey(ref, 1, attempt), ListKey(ref, 1, attempt), ManifestKey(ref, attempt), exportPrefix(ref)+"left/by-a-killed.attempt") {
			put(t, s, key, "text")
		}

		removed, err := s.PurgeExport(t.Context(), ref)

		require.NoError(t, err)
		require.Equal(t, 4, removed)
		require.ElementsMatch(t, stay, files(t, s))
		removed, err = s.PurgeExport(t.Context(), ref)
		require.NoError(t, err)
		require.Zero(t, removed, "it may be called again")
	})
}

func TestAPurgeLeavesNothingOnTheDiskOfWhatAKilledAttemptHadBegun(t *testing.T) {
	t.Parallel()
	s := inFiles(t, t.TempDir())
	put(t, s, CSVKey(ref, 1, attempt), "text")
	begun, err := s.Create(t.Context(), CSVKey(ref, 2, attempt), "text/csv") // never committed nor aborted
	require.NoError(t, err)
	_, err = begun.Write([]byte("text"))
	require.NoError(t, err)

	_, err = s.PurgeExport(t.Context(), ref)

	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(s.disk.dir, exportPrefix(ref)))
	require.DirExists(t, s.disk.dir)
}

// A short prefix would reach into the folders of others.
func TestAPurgeOfNoRequestIsRefused(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	put(t, s, CSVKey(ref, 1, attempt), "text")
	for _, bad := range []offhours.RequestRef{{}, {AccountID: 7}, {RequestID: ref.RequestID}, {AccountID: 7, RequestID: "../7"}, {AccountID: 7, RequestID: ref.RequestID[:8]}, {AccountID: 7, RequestID: "."}} {
		_, err := s.PurgeExport(t.Context(), bad)
		require.Error(t, err, "%+v", bad)
	}
	require.Len(t, files(t, s), 1)
}

// A bucket that is away looks empty: what it holds is not purged.
func TestAPurgeOfABucketThatIsAwayFails(t *testing.T) {
	t.Parallel()
	s := inFiles(t, t.TempDir())
	put(t, s, CSVKey(ref, 1, attempt), "text")
	require.NoError(t, os.Rename(s.disk.dir, s.disk.dir+".away"))
	_, err := s.PurgeExport(t.Context(), ref)
	require.ErrorContains(t, err, "the bucket is away")
}
