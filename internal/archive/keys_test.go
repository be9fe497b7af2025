package archive

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

// attempt is as activities names it: numbers and Temporal's run id, never
// anything that a user can choose.
const attempt = "1-0199b2c4-7f3e-7a11-8f6e-3a1c2d4e5f60-17-1"

func keysOf(ref offhours.RequestRef) []string {
	return []string{CSVKey(ref, 1, attempt), ListKey(ref, 1, attempt), ManifestKey(ref, attempt), ReportKey(ref, attempt)}
}

func TestKeysAreTextsThatEveryBucketStoresAsTheyAre(t *testing.T) {
	t.Parallel()
	plain := regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9-]+)*/[a-z0-9-]+(\.[a-z]+)+$`)
	for _, key := range keysOf(offhours.RequestRef{AccountID: math.MaxInt64, RequestID: ref.RequestID}) {
		require.Regexp(t, plain, key)
	}
}

func TestKeysOfDifferentFilesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, account := range []int64{1, 11} {
		for _, request := range []string{ref.RequestID, "1f0c6a52-6d7e-4c1e-9a54-0d8d7c1b2a3e"} {
			r := offhours.RequestRef{AccountID: account, RequestID: request}
			for part := range 12 {
				for _, attempt := range []string{"1-x-1-1", "1-x-1-11"} {
					for _, key := range []string{CSVKey(r, part, attempt), ListKey(r, part, attempt)} {
						require.False(t, seen[key], key)
						seen[key] = true
					}
				}
			}
		}
	}
}

func TestNoPrefixReachesIntoAnotherAccountOrRequest(t *testing.T) {
	t.Parallel()
	refs := []offhours.RequestRef{
		{AccountID: 1, RequestID: ref.RequestID}, {AccountID: 11, RequestID: ref.RequestID},
		{AccountID: 1, RequestID: ref.RequestID + "0"}, {AccountID: 1, RequestID: ref.RequestID[1:]},
	}
	for _, one := range refs {
		for _, other := range refs {
			for _, key := range keysOf(other)[:3] {
				require.Equal(t, one == other, strings.HasPrefix(key, exportPrefix(one)), "%s in %s", key, exportPrefix(one))
			}
		}
	}
}

func TestReportsAreKeptApartFromExports(t *testing.T) {
	t.Parallel()
	require.True(t, strings.HasPrefix(ReportKey(ref, attempt), "reports/7/"+ref.RequestID+"/"))
}
