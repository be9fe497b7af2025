package mail

import (
	"cmp"
	"strconv"
	"time"

	"github.com/offhours/offhours"
)

// view is what the templates see. All strings are single clean lines.
type view struct {
	Subject   string
	Name      string // of the recipient, may be empty
	PageURL   string
	RequestID string
	Status    string
	Export    bool // the files are kept for download
	Details   []row

	PlannedStart  string // created, if it is known
	RevokedBy     string
	EndedOn       string
	Happened      string // why it failed
	DownloadUntil string
	Outcomes      []row
	Records       string
	Deleted       string
	AnyDeleted    bool
	AnyLeft       bool
}

type row struct{ Label, Value string }

func newView(n Notice) (view, error) {
	loc, err := offhours.Schedule{TimeZone: n.Account.TimeZone}.Location()
	if err != nil {
		return view{}, err
	}
	r, status := n.Request, statusOf(n.Kind)
	v := view{
		Subject:   subject(status, r),
		Name:      headerLine(n.Recipient.Name),
		PageURL:   n.PageURL,
		RequestID: line(r.ID),
		Status:    status.Label(),
		Export:    r.RequestType == offhours.ExportAndDelete,
		Details:   details(n, loc),
		Outcomes:  outcomes(r),
		Records:   grouped(r.Records),
		Deleted:   grouped(r.Outcomes.Deleted),

		PlannedStart:  optionalTime(r.StartsAt, loc),
		EndedOn:       optionalTime(r.CompletedOn, loc),
		DownloadUntil: dateTime(downloadUntil(r), loc),
		AnyDeleted:    r.Outcomes.Deleted > 0,
		AnyLeft:       r.Outcomes.Deleted < r.Records,
	}
	if r.RevokedBy != nil {
		v.RevokedBy = line(*r.RevokedBy)
	}
	if r.Failure != nil {
		v.Happened = line(r.Failure.Detail)
	}
	return v, nil
}

func details(n Notice, loc *time.Location) []row {
	r := n.Request
	rows := []row{
		{"Account", line(n.Account.Name)},
		{"Activity name", orUnnamed(line(r.EntityName))},
		{"Request type", r.RequestType.Label()},
		{"Created on", dateTime(r.CreatedOn, loc)},
		{"Created by", line(r.CreatedBy)},
		{"Number of records", grouped(r.Records)},
		{"Status", statusOf(n.Kind).Label()},
	}
	if r.CompletedOn != nil && n.Kind != offhours.NoticeCreated {
		rows = append(rows, row{"Ended on", dateTime(*r.CompletedOn, loc)})
	}
	return rows
}

// outcomes lists every outcome, also those of no record, so that the numbers
// can be seen to add up.
func outcomes(r offhours.Request) []row {
	o := r.Outcomes
	return []row{
		{"Deleted", grouped(o.Deleted)},
		{"Kept, because modified in the meantime", grouped(o.KeptChanged)},
		{"Kept, because a file was added in the meantime", grouped(o.KeptAttachment)},
		{"Already gone", grouped(o.AlreadyGone)},
		{"Not deleted, because of an error", grouped(o.Failed)},
		{"Not processed", grouped(o.NotProcessed)},
		{"Total", grouped(o.Total())},
	}
}

func downloadUntil(r offhours.Request) time.Time {
	if r.DownloadUntil != nil {
		return *r.DownloadUntil
	}
	return offhours.DownloadUntil(r.CreatedOn)
}

func orUnnamed(name string) string { return cmp.Or(name, "(no name)") }

// dateTime names the zone and its distance from UTC: an abbreviation such as
// IST has several meanings, and an hour that comes twice needs the distance.
func dateTime(t time.Time, loc *time.Location) string {
	local := t.In(loc)
	if loc.String() == "UTC" {
		return local.Format("2 January 2006, 15:04 (UTC)")
	}
	return local.Format("2 January 2006, 15:04") + " (" + loc.String() + local.Format(", UTC-07:00)")
}

func optionalTime(t *time.Time, loc *time.Location) string {
	if t == nil {
		return ""
	}
	return dateTime(*t, loc)
}

// grouped writes 200000 as "200,000".
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
