package activities

import (
	"context"
	"errors"
	"slices"

	"github.com/offhours/offhours"
)

// ReportWriter receives a report's lines and makes them durable.
type ReportWriter interface {
	Add(line offhours.ReportLine) error
	Lines() int
	Commit(ctx context.Context) (offhours.Stored, error)
	Abort()
}

// ClosingStore is what Closing needs of the database.
type ClosingStore interface {
	Fence(ctx context.Context, ref offhours.RequestRef, failure *offhours.Failure) error
	Accounting(ctx context.Context, ref offhours.RequestRef) (offhours.Accounting, error)
	Export(ctx context.Context, ref offhours.RequestRef) (offhours.Export, error)
	PartOutcomes(ctx context.Context, part offhours.Part) ([]offhours.RowOutcome, error)
	RecordReport(ctx context.Context, ref offhours.RequestRef, report offhours.Stored) error
	Finish(ctx context.Context, ref offhours.RequestRef) (offhours.Accounting, error)
}

// ClosingArchive is what Closing needs of the archive.
type ClosingArchive interface {
	ReadList(ctx context.Context, list offhours.Stored, header []string) ([]offhours.Listed, error)
	CreateReport(ctx context.Context, ref offhours.RequestRef, attempt string) (ReportWriter, error)
	Remove(ctx context.Context, keys ...string) error
	PurgeExcept(ctx context.Context, ref offhours.RequestRef, keep []string) error
}

// Closing brings a request to its end.
type Closing struct {
	Store   ClosingStore
	Archive ClosingArchive
}

// FenceInput is the input to Fence.
type FenceInput struct {
	offhours.RequestRef
	Failure *offhours.Failure `json:"failure,omitempty"`
}

// Fence makes sure that nothing more is exported or deleted.
func (c *Closing) Fence(ctx context.Context, in FenceInput) error {
	return translate(c.Store.Fence(ctx, in.RequestRef, in.Failure))
}

// FinishResult is how a request ended.
type FinishResult struct {
	Status   offhours.Status   `json:"status"`
	Outcomes offhours.Outcomes `json:"outcomes"`
	Failure  *offhours.Failure `json:"failure,omitempty"`
}

// Finish moves a reported request to Success or Failed.
func (c *Closing) Finish(ctx context.Context, ref offhours.RequestRef) (FinishResult, error) {
	account, err := c.Store.Finish(ctx, ref)
	if err != nil {
		return FinishResult{}, translate(err)
	}
	return FinishResult{Status: account.Status, Outcomes: account.Outcomes, Failure: account.Failure}, nil
}

// Report writes what became of each record, from lists, batches and exceptions.
// It has one line for each of the request's records. There is one report a
// request: if it was written before, it stays. A full archive is waited for: what
// was deleted has to be told, and nothing can be given up any more.
func (c *Closing) Report(ctx context.Context, ref offhours.RequestRef) error {
	defer heartbeat(ctx)()
	err := c.report(ctx, ref)
	if errors.Is(err, offhours.ErrArchiveFull) {
		return err
	}
	return translate(err)
}

func (c *Closing) report(ctx context.Context, ref offhours.RequestRef) error {
	account, err := c.Store.Accounting(ctx, ref)
	if err != nil || account.Reported {
		return err
	}
	export, err := c.Store.Export(ctx, ref)
	if err != nil {
		return err
	}
	if err := c.makeRoom(ctx, ref, account, export); err != nil {
		return err
	}
	w, err := c.Archive.CreateReport(ctx, ref, attemptName(ctx, 0))
	if err != nil {
		return err
	}
	if err := c.lines(ctx, export, account, w); err != nil {
		w.Abort()
		return err
	}
	report, err := w.Commit(ctx)
	if err != nil {
		return err
	}
	err = c.Store.RecordReport(ctx, ref, report)
	if errors.Is(err, offhours.ErrFenced) { // a twin was faster
		return c.Archive.Remove(ctx, report.Key)
	}
	return err
}

// makeRoom removes the files of an export that did not fit, except the lists that
// the report is made of. Nothing was deleted, so nobody may download them, and
// the report needs the space.
func (c *Closing) makeRoom(ctx context.Context, ref offhours.RequestRef, account offhours.Accounting, export offhours.Export) error {
	if account.Failure == nil || account.Failure.Code != offhours.FailureArchiveFull || account.Outcomes.Deleted > 0 {
		return nil
	}
	var lists []string
	for _, part := range export.Parts {
		lists = append(lists, part.Files.List.Key)
	}
	return c.Archive.PurgeExcept(ctx, ref, lists)
}

// lines writes the listed records, and one line without an id for each of the
// others, of which no list was made. The lists of two parts are read at a time.
func (c *Closing) lines(ctx context.Context, export offhours.Export, account offhours.Accounting, w ReportWriter) error {
	told := slices.DeleteFunc(slices.Clone(export.Parts), func(part offhours.Part) bool {
		return account.Sealed && part.Round > export.Sealed // still accounted for where it came from
	})
	for parts := range slices.Chunk(told, parallelLists) {
		read := make([]toldPart, len(parts))
		err := atOnce(ctx, len(parts), parallelLists, func(ctx context.Context, i int) (err error) {
			read[i], err = c.tell(ctx, parts[i])
			return err
		})
		if err != nil {
			return err
		}
		for _, part := range read {
			if err := part.write(w, account.Records); err != nil {
				return err
			}
		}
	}
	unlisted := offhours.ReportLine{Outcome: offhours.OutcomeKeptChanged}
	reason := "no longer matched the selection when the request ran"
	if !account.Sealed {
		unlisted.Outcome = offhours.OutcomeNotProcessed
		reason = "the request ended before the record was listed"
	}
	unlisted.Reason = &reason
	for w.Lines() < account.Records {
		if err := w.Add(unlisted); err != nil {
			return err
		}
	}
	return nil
}

// toldPart is what became of a part's records. If its list is lost, rows is nil: a
// report without ids is better than none.
type toldPart struct {
	offhours.Part
	rows     []offhours.Listed
	outcomes []offhours.RowOutcome
}

func (c *Closing) tell(ctx context.Context, part offhours.Part) (told toldPart, err error) {
	told.Part = part
	told.rows, err = c.Archive.ReadList(ctx, part.Files.List, part.Shape.List)
	var lost *offhours.Failure
	if errors.As(err, &lost) {
		told.rows = nil
	} else if err != nil {
		return told, err
	}
	told.outcomes, err = c.Store.PartOutcomes(ctx, part)
	return told, err
}

// write adds a line for each row, as long as there are fewer than the request has
// records: more were found than confirmed, and then nothing was deleted.
func (p toldPart) write(w ReportWriter, records int) error {
	for i, outcome := range p.outcomes {
		if outcome.Superseded || w.Lines() == records {
			continue
		}
		line := reportLine(p.Part, outcome)
		if p.rows != nil {
			line.ID, line.ModifiedOn = &p.rows[i].ID, &p.rows[i].ModifiedOn
		}
		if err := w.Add(line); err != nil {
			return err
		}
	}
	return nil
}

func reportLine(part offhours.Part, outcome offhours.RowOutcome) offhours.ReportLine {
	line := offhours.ReportLine{Outcome: outcome.Outcome, DeletedOn: outcome.DeletedOn}
	if part.Files.CSV != nil {
		name := offhours.CSVName(part.Number)
		line.File = &name
	}
	if outcome.Outcome == offhours.OutcomeNotProcessed {
		reason := "the request ended before the record was deleted"
		line.Reason = &reason
	}
	if outcome.Reason != "" {
		line.Reason = &outcome.Reason
	}
	return line
}
