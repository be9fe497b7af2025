package archive

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowTime is what parseTime and appendTime do, by the standard library.
func slowTime(text string) (time.Time, bool) {
	t, err := time.Parse(timeText, text)
	if err != nil || t.UTC().Format(timeText) != text { // Parse lets 9:00 and a comma pass
		return time.Time{}, false
	}
	return t, true
}

func requireTimeLikeSlowTime(t *testing.T, text string) {
	t.Helper()
	want, wantOK := slowTime(text)
	got, ok := parseTime([]byte(text))
	require.Equal(t, wantOK, ok, "%q", text)
	if ok {
		require.Equal(t, want, got, "%q", text)
		require.Equal(t, text, FormatTime(got))
	}
}

func FuzzTime(f *testing.F) {
	for _, text := range []string{
		"2026-03-31T23:59:59.999999Z", "0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "2024-02-29T00:00:00.000001Z",
		"2025-02-29T00:00:00.000000Z", "1900-02-29T00:00:00.000000Z", "2000-02-29T00:00:00.000000Z", "2026-04-31T00:00:00.000000Z",
		"2026-00-01T00:00:00.000000Z", "2026-13-01T00:00:00.000000Z", "2026-01-00T00:00:00.000000Z", "2026-01-32T00:00:00.000000Z",
		"2026-01-01T24:00:00.000000Z", "2026-01-01T00:60:00.000000Z", "2026-01-01T00:00:60.000000Z", "2026-01-01T00:00:00,000000Z",
		"2026-01-01T9:00:00.0000000Z", "2026-01-01T00:00:00.00000Z", "2026-01-01T00:00:00.000000z", "2026-01-01t00:00:00.000000Z",
		"2026-01-01 00:00:00.000000Z", "+026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.-00001Z", "2026-01-01T00:00:00.00000\xb9Z", "",
	} {
		f.Add(text, int64(0), uint32(0))
	}
	f.Add("", int64(253402300799), uint32(999_999_999)) // the end of 9999
	f.Add("", int64(253402300800), uint32(0))
	f.Add("", int64(-62167219201), uint32(1)) // before year 0
	f.Fuzz(func(t *testing.T, text string, seconds int64, nanoseconds uint32) {
		requireTimeLikeSlowTime(t, text)
		const limit = 1 << 40 // some 35,000 years
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", -12345)} {
			at := time.Unix(seconds%limit, int64(nanoseconds)%1e9).In(zone)
			require.Equal(t, at.UTC().Format(timeText), FormatTime(at))
		}
	})
}

// Every byte of a time, changed to any other one, and every day of the months that
// end early.
func TestATimeIsTakenInOneFormAlone(t *testing.T) {
	t.Parallel()
	good := "2024-02-29T23:09:59.120450Z"
	for i := range good {
		for c := range 256 {
			text := []byte(good)
			text[i] = byte(c)
			requireTimeLikeSlowTime(t, string(text))
		}
		requireTimeLikeSlowTime(t, good[:i])
		requireTimeLikeSlowTime(t, good[:i]+"0"+good[i:])
	}
	for year := 1890; year < 2110; year++ {
		for month := range 14 {
			for day := 27; day < 33; day++ {
				text := appendDigits(nil, year, 4)
				text = appendDigits(append(text, '-'), month, 2)
				text = appendDigits(append(text, '-'), day, 2)
				requireTimeLikeSlowTime(t, string(text)+"T00:00:00.000000Z")
			}
		}
	}
}

func TestTimesAreWrittenAsFormatDoes(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		at := time.Unix(random.Int64N(260_000_000_000), random.Int64N(1e9))
		require.Equal(t, at.UTC().Format(timeText), FormatTime(at))
		requireTimeLikeSlowTime(t, FormatTime(at))
	}
}
