//go:build unix

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/offhours/offhours"
)

// file is one of the files that a request offers.
type file struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Rows   int    `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// listed downloads all files of a request, proves that they are what the
// manifest says, each with the bytes that it names, and returns the ids in the
// delete lists. Every CSV file has to hold the records of its list, and the tool for
// users has to find every deleted record.
func (a admin) listed(t *testing.T, request string) map[string]bool {
	t.Helper()
	var offered struct{ Items []file }
	a.get(t, "requests/"+request+"/files", &offered)
	contents := map[string][]byte{}
	for _, f := range offered.Items {
		contents[f.Name] = a.downloadFile(t, request, f)
	}
	var manifest offhours.Manifest
	if err := json.Unmarshal(contents[offhours.ManifestName], &manifest); err != nil {
		t.Fatalf("read the manifest: %v", err)
	}
	checkManifest(t, manifest, offered.Items)
	a.restoreCheck(t, request, contents)
	ids := map[string]bool{}
	for part := 1; contents[offhours.ListName(part)] != nil; part++ {
		list := column(t, contents[offhours.ListName(part)], "ProspectActivityId")
		if rows := column(t, contents[offhours.CSVName(part)], "ProspectActivityId"); !slices.Equal(rows, list) {
			t.Errorf("part %d: the CSV file has other records than its list", part)
		}
		for _, id := range list {
			if ids[id] {
				t.Errorf("record %s is in the lists twice", id)
			}
			ids[id] = true
		}
	}
	if len(ids) != manifest.Records {
		t.Errorf("the lists have %d records, the manifest says %d", len(ids), manifest.Records)
	}
	return ids
}

// restoreCheck runs the check of a downloaded export on one, with its report.
func (a admin) restoreCheck(t *testing.T, request string, contents map[string][]byte) {
	t.Helper()
	dir := t.TempDir()
	contents["report-"+request+".csv"] = a.download(t, "requests/"+request+"/report")
	for name, content := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var verdict struct{ Report *struct{ Deleted int } }
	(&stack{}).starter(t, codeDone, &verdict, "restore-check", dir)
	if verdict.Report == nil {
		t.Errorf("the export of %s was not compared with its report", request)
	}
}

func (a admin) downloadFile(t *testing.T, request string, f file) []byte {
	t.Helper()
	content := a.download(t, "requests/"+request+"/files/"+f.Name)
	if sum := sha256.Sum256(content); int64(len(content)) != f.Bytes || hex.EncodeToString(sum[:]) != f.SHA256 {
		t.Errorf("%s has %d bytes and SHA-256 %x, want %d and %s", f.Name, len(content), sum, f.Bytes, f.SHA256)
	}
	return content
}

// checkManifest proves that the manifest names exactly the offered files.
func checkManifest(t *testing.T, manifest offhours.Manifest, offered []file) {
	t.Helper()
	named := map[string]file{}
	for _, f := range manifest.Files {
		named[f.Name] = file{Name: f.Name, Kind: f.Kind, Rows: f.Rows, Bytes: f.Bytes, SHA256: f.SHA256}
	}
	for _, f := range offered {
		if f.Name == offhours.ManifestName {
			continue
		}
		if named[f.Name] != f {
			t.Errorf("the manifest says %+v, offered is %+v", named[f.Name], f)
		}
		delete(named, f.Name)
	}
	for name := range named {
		t.Errorf("the manifest names %s, which is not offered", name)
	}
	if len(manifest.Files) != len(offered)-1 {
		t.Errorf("the manifest names %d files, offered are %d without itself", len(manifest.Files), len(offered)-1)
	}
}

// reported returns the ids in the report by outcome. Records that were never
// listed have none.
func (a admin) reported(t *testing.T, request string) (ids map[offhours.Outcome][]string) {
	t.Helper()
	report := a.download(t, "requests/"+request+"/report")
	names, outcomes := column(t, report, "ProspectActivityId"), column(t, report, "Outcome")
	ids = map[offhours.Outcome][]string{}
	for i, outcome := range outcomes {
		ids[offhours.Outcome(outcome)] = append(ids[offhours.Outcome(outcome)], names[i])
	}
	return ids
}

// column returns the values of one column of a CSV file, without its header.
func column(t *testing.T, text []byte, name string) []string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(text))
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		t.Fatalf("read a CSV file: %v", err)
	}
	at := slices.Index(header, name)
	if at < 0 {
		t.Fatalf("the CSV file has no column %s", name)
	}
	var values []string
	for {
		row, err := r.Read()
		if row == nil {
			return values
		}
		if err != nil {
			t.Fatalf("read a CSV file: %v", err)
		}
		values = append(values, row[at])
	}
}
