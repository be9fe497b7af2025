package archive

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/internal/archive/archivetest"
)

func TestAnS3StoreWithoutSpaceSaysSo(t *testing.T) {
	t.Parallel()
	s, server := inS3(t)
	for code, status := range map[string]int{"QuotaExceeded": http.StatusForbidden, "XMinioStorageFull": http.StatusInsufficientStorage, "Full": http.StatusInsufficientStorage} {
		server.Refuse(status, code)
		_, err := writeText(t, s, "text")
		require.ErrorIs(t, err, offhours.ErrArchiveFull, code)
		require.Empty(t, files(t, s))
	}
	server.Refuse(http.StatusServiceUnavailable, "SlowDown")
	_, err := writeText(t, s, "text")
	require.Error(t, err)
	require.NotErrorIs(t, err, offhours.ErrArchiveFull)
	server.Refuse(0, "")
	_, err = writeText(t, s, "text")
	require.NoError(t, err)
}

func writeText(t *testing.T, s *Store, text string) (offhours.Stored, error) {
	t.Helper()
	file, err := s.Create(t.Context(), someKey, "text/csv")
	require.NoError(t, err)
	if _, err := io.WriteString(file, text); err != nil {
		file.Abort()
		return offhours.Stored{}, err
	}
	return file.Commit()
}

func TestADiskWithoutSpaceSaysSoAndKeepsNothing(t *testing.T) {
	t.Parallel()
	s := inFiles(t, archivetest.SmallDisk(t, 1).Folder)
	for range 3 { // had something been left, the second would not even begin
		_, err := writeText(t, s, strings.Repeat("x", 2<<20))
		require.ErrorIs(t, err, offhours.ErrArchiveFull)
		require.Empty(t, files(t, s))
	}
	_, err := writeText(t, s, strings.Repeat("x", 1<<19))
	require.NoError(t, err)
}

func TestAUsedUpQuotaIsAFullDisk(t *testing.T) {
	t.Parallel()
	s := inFiles(t, t.TempDir())
	s.disk.sync = func(f *os.File) error { // some file systems say so only now
		return &os.PathError{Op: "sync", Path: filepath.Base(f.Name()), Err: syscall.EDQUOT}
	}
	_, err := writeText(t, s, "text")
	require.ErrorIs(t, err, offhours.ErrArchiveFull)
	s.disk.sync = func(*os.File) error { return errors.New("input/output error") }
	_, err = writeText(t, s, "text")
	require.NotErrorIs(t, err, offhours.ErrArchiveFull)
}
