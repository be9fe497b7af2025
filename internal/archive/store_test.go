package archive

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABucketThatCannotBeOpenedIsAnErrorWithoutItsURL(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"://user:secret@host", "nosuch://bucket", "file:///nowhere/at/all"} {
		_, err := Open(t.Context(), address)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestAStoredFileIsReadFromAnyPlace(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		stored := put(t, s, CSVKey(ref, 1, attempt), "0123456789")
		r, err := s.Open(t.Context(), stored.Key)
		require.NoError(t, err)
		defer r.Close()
		end, err := r.Seek(0, io.SeekEnd)
		require.NoError(t, err)
		require.Equal(t, stored.Bytes, end)
		_, err = r.Seek(4, io.SeekStart)
		require.NoError(t, err)
		rest, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, "456789", string(rest))
	})
}

func TestRemovingGoesOnAfterAFileThatIsGone(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		one, two := put(t, s, CSVKey(ref, 1, attempt), "1"), put(t, s, CSVKey(ref, 2, attempt), "2")
		require.NoError(t, s.Remove(t.Context(), one.Key, CSVKey(ref, 3, attempt), two.Key))
		require.Empty(t, files(t, s))
	})
}

func TestAFileThatIsBeingWrittenIsNotVisible(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		w := begin(t.Context(), t, s)
		defer w.Abort()
		exists, err := s.bucket.Exists(t.Context(), CSVKey(ref, 1, attempt))
		require.NoError(t, err)
		require.False(t, exists)
	})
}
