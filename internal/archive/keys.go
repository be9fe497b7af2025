package archive

import (
	"fmt"

	"github.com/offhours/offhours"
)

// Keys consist of [a-z0-9/.-] only, so that every bucket stores them as they
// are. Each attempt writes under a name of its own: neither a retry nor a twin
// that was thought dead can overwrite a verified file.

func exportPrefix(ref offhours.RequestRef) string {
	return fmt.Sprintf("exports/%d/%s/", ref.AccountID, ref.RequestID)
}

// CSVKey is where an attempt at a part stores its CSV file.
func CSVKey(ref offhours.RequestRef, part int, attempt string) string {
	return fmt.Sprintf("%spart-%05d-%s.csv", exportPrefix(ref), part, attempt)
}

// ListKey is where an attempt at a part stores its delete list.
func ListKey(ref offhours.RequestRef, part int, attempt string) string {
	return fmt.Sprintf("%spart-%05d-%s.list.csv", exportPrefix(ref), part, attempt)
}

// ManifestKey is where an attempt at sealing an export stores its manifest.
func ManifestKey(ref offhours.RequestRef, attempt string) string {
	return fmt.Sprintf("%smanifest-%s.json", exportPrefix(ref), attempt)
}

// ReportKey is where an attempt stores the report: apart from the export,
// because it is kept for ever.
func ReportKey(ref offhours.RequestRef, attempt string) string {
	return fmt.Sprintf("reports/%d/%s/report-%s.csv", ref.AccountID, ref.RequestID, attempt)
}
