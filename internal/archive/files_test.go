package archive

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFilesOfTheCRMAreStoredUnderNewKeysOfTheirAccount(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		contents := [][]byte{{}, []byte("\x00\r\n\xff"), []byte("same"), []byte("same")}
		for i := range 40 {
			contents = append(contents, fmt.Append(nil, i))
		}
		keys, err := s.AddFiles(t.Context(), 7, contents)
		require.NoError(t, err)
		again, err := s.AddFiles(t.Context(), 7, contents[:4])
		require.NoError(t, err)
		seen := map[string]bool{}
		for i, key := range append(keys, again...) {
			require.Regexp(t, `^files/7/[0-9a-f-]{36}$`, key)
			require.False(t, seen[key])
			seen[key] = true
			r, err := s.Open(t.Context(), key)
			require.NoError(t, err)
			stored, err := io.ReadAll(r)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			require.Equal(t, string(contents[i%len(contents)]), string(stored))
		}
	})
}

func TestFilesThatCannotAllBeStoredAreNotKept(t *testing.T) {
	t.Parallel()
	eachBucket(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.AddFiles(ctx, 7, [][]byte{[]byte("1"), []byte(strings.Repeat("2", 1<<20))})
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, files(t, s))
	})
}
