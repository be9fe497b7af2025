package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/offhours/offhours"
)

func TestAnEndedExportOffersItsFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 20)
	w.Run(id, "deleting", 2, 10)
	w.End(id, "success", 20)

	files, r, err := w.DB.Files(t.Context(), w.Account.ID, id)

	require.NoError(t, err)
	require.Equal(t, id, r.ID)
	var names, kinds, keys []string
	for _, f := range files {
		names, kinds, keys = append(names, f.Name), append(kinds, f.Kind), append(keys, f.Key)
	}
	require.Equal(t, []string{"records-0001.csv", "records-0002.csv", "records-0001.list.csv", "records-0002.list.csv", "manifest.json"}, names)
	require.Equal(t, []string{"csv", "csv", "manifest", "manifest", "manifest"}, kinds)
	require.Equal(t, []string{"csv/1", "csv/2", "list/1", "list/2", "manifest"}, keys)
	require.Equal(t, offhours.ManifestFile{Name: "records-0002.csv", Kind: "csv", Part: 2, Rows: 10, Bytes: 102, SHA256: "c2"}, files[1].ManifestFile)
	require.Equal(t, offhours.ManifestFile{Name: "manifest.json", Kind: "manifest", Bytes: 300, SHA256: "m"}, files[4].ManifestFile)
}

func TestEachFileIsFoundByItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 20)
	w.Run(id, "deleting", 2, 10)
	w.End(id, "success", 20)
	w.Exec(`INSERT INTO copies (request_id, part, number, record_id, attachment_id, version, name, source_key, source_etag, bytes, file, key, sha256)
		SELECT request_id, part, n, gen_random_uuid(), gen_random_uuid(), '7', 'a.pdf', 'files/1/x', 'etag', n,
			format('attachment-%s-%s.pdf', to_char(part, 'FM0000'), to_char(n, 'FM000009')), 'copy/' || n, 'a' FROM parts, unnest('{1,123456}'::integer[]) n`)

	files, _, err := w.DB.Files(t.Context(), w.Account.ID, id)
	require.NoError(t, err)
	require.Len(t, files, 9)
	for _, want := range files {
		got, err := w.DB.File(t.Context(), w.Account.ID, id, want.Name)
		require.NoError(t, err, want.Name)
		require.Equal(t, want, got)
		_, err = w.DB.File(t.Context(), w.Account.ID+1, id, want.Name)
		require.True(t, offhours.Is(err, offhours.CodeNotFound), want.Name)
	}
	for _, name := range []string{"", "attachment-0001-00001", "attachment-0001-00001.exe", "attachment-0009-00001.pdf", "records-0003.csv", "csv/1", "\x00\xff"} {
		_, err := w.DB.File(t.Context(), w.Account.ID, id, name)
		require.True(t, offhours.Is(err, offhours.CodeNotFound), name)
	}
}

func TestFilesAreOfferedOnlyWhereAndWhileThereAreAny(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code    offhours.Code
		arrange func(w world, id string)
	}{
		"In Queue":    {offhours.CodeNotReady, func(world, string) {}},
		"In Progress": {offhours.CodeNotReady, func(w world, id string) { w.Run(id, "deleting", 2, 10) }},
		"Revoked": {offhours.CodeNotReady, func(w world, id string) {
			w.Revoke(id)
		}},
		"failed before anything was deleted": {offhours.CodeNotReady, func(w world, id string) {
			w.Run(id, "exporting", 2, 0)
			w.End(id, "failed", 0)
		}},
		"failed after something was deleted": {"", func(w world, id string) {
			w.Run(id, "deleting", 2, 5)
			w.End(id, "failed", 10)
		}},
		"Delete Only": {offhours.CodeNotReady, func(w world, id string) {
			w.Retype(id, offhours.DeleteOnly)
			w.Run(id, "deleting", 2, 10)
			w.End(id, "success", 20)
		}},
		"a minute before the end": {"", func(w world, id string) {
			w.Age(id, "719 hours 59 minutes")
			w.Run(id, "deleting", 2, 10)
			w.End(id, "success", 20)
		}},
		"after 720 hours": {offhours.CodeExportExpired, func(w world, id string) {
			w.Age(id, "720 hours")
			w.Run(id, "deleting", 2, 10)
			w.End(id, "success", 20)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.Queue(201, 20)
			test.arrange(w, id)

			files, _, err := w.DB.Files(t.Context(), w.Account.ID, id)
			_, oneErr := w.DB.File(t.Context(), w.Account.ID, id, "manifest.json")
			require.Equal(t, err, oneErr)

			if test.code == "" {
				require.NoError(t, err)
				require.Len(t, files, 5)
				return
			}
			require.Truef(t, offhours.Is(err, test.code), "want %s, got %v", test.code, err)
			_, _, err = w.DB.Files(t.Context(), w.Account.ID+1, id)
			require.True(t, offhours.Is(err, offhours.CodeNotFound), "another account's")
		})
	}
}

func TestTheReportIsThereForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 20)
	_, _, err := w.DB.Report(t.Context(), w.Account.ID, id)
	require.True(t, offhours.Is(err, offhours.CodeNotReady))
	w.Age(id, "7200 hours")
	w.Run(id, "deleting", 2, 10)
	w.End(id, "success", 20)

	report, _, err := w.DB.Report(t.Context(), w.Account.ID, id)

	require.NoError(t, err)
	require.Equal(t, offhours.StoredFile{Key: "report", ManifestFile: offhours.ManifestFile{
		Name: "report-" + id + ".csv", Kind: "csv", Rows: 20, Bytes: 400, SHA256: "r",
	}}, report)
	_, _, err = w.DB.Report(t.Context(), w.Account.ID+1, id)
	require.True(t, offhours.Is(err, offhours.CodeNotFound))
}

func TestARevokedRequestHasNoReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.Queue(201, 20)
	w.Revoke(id)

	_, _, err := w.DB.Report(t.Context(), w.Account.ID, id)

	require.True(t, offhours.Is(err, offhours.CodeNotReady))
}
