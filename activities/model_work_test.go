package activities_test

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/postgres"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// What the product does in the model: what a workflow would do next, or anything at all.

// state is what the request's next step depends on.
type state struct {
	status   offhours.Status
	phase    offhours.Phase
	round    int // that is sealed
	open     bool
	reported bool
	parts    []offhours.Part
}

func (m *model) state() (s state) {
	m.T.Helper()
	err := m.Conn.QueryRow(m.T.Context(), `SELECT status, coalesce(phase, ''), round, coalesce(clock_timestamp() < window_close - interval '6 s', false), report_key IS NOT NULL
		FROM requests WHERE id = $1`, m.request.ID).Scan(&s.status, &s.phase, &s.round, &s.open, &s.reported)
	require.NoError(m.T, err)
	rows, err := m.Conn.Query(m.T.Context(), `SELECT part, round, state, done, coalesce(rows, 0) FROM parts WHERE request_id = $1 ORDER BY part`, m.request.ID)
	require.NoError(m.T, err)
	defer rows.Close()
	for rows.Next() {
		part := offhours.Part{RequestRef: m.ref}
		require.NoError(m.T, rows.Scan(&part.Number, &part.Round, &part.State, &part.Done, &part.Files.Rows))
		s.parts = append(s.parts, part)
	}
	require.NoError(m.T, rows.Err())
	return s
}

// mayDelete reports whether records may go now.
func (m *model) mayDelete() (may bool) {
	m.T.Helper()
	m.Scan(&may, `SELECT status = 'in_progress' AND phase = 'deleting' AND clock_timestamp() < least(window_close, delete_deadline) - interval '6 s' FROM requests WHERE id = $1`, m.request.ID)
	return may
}

// step is one activity with its input.
type step struct {
	activity, input any
	deletes         bool // records or objects
	proves          bool // it is the last one before the end
}

// goOn does what the request's workflow would do next.
func (m *model) goOn() {
	m.allowed = false
	if m.request == nil {
		m.admit()
		return
	}
	next := m.following(m.state())
	if next.deletes {
		m.atTheLastMoment()
	}
	m.allowed = m.mayDelete()
	if next.deletes && rapid.Bool().Draw(m.draw, "dies") {
		m.runAndDie(next)
		return
	}
	m.answered(m.run(next))
	m.proved = next.proves
}

// atTheLastMoment is what may come between a step that deletes, and the state in
// which it was decided upon.
func (m *model) atTheLastMoment() {
	m.T.Helper()
	switch one(m, "at the last moment", "nothing", "nothing", "nothing", "nothing", "the window closes", "a copy is lost") {
	case "the window closes":
		m.closeWindow(one(m, "closes in", -1, 3))
	case "a copy is lost":
		if copies := m.exported(".bin"); len(copies) > 0 {
			m.damage(some(m, "copy", copies))
		}
	}
}

// goOnAWhile is often more than one step, or no request would ever come far.
func (m *model) goOnAWhile() {
	for range rapid.IntRange(1, 4).Draw(m.draw, "steps") {
		m.goOn()
		m.check()
	}
}

// answered does with an activity's answer what a workflow does with it. Nothing but
// a failure may stop a request: everything else that others do can be gone on from.
func (m *model) answered(err error) {
	m.T.Helper()
	if failure := activities.FailureOf(err); failure != nil {
		m.failure = failure
		return
	}
	require.NoError(m.T, err)
}

// following is the next step of a request.
func (m *model) following(s state) step {
	switch {
	case s.status == offhours.StatusInProgress && s.phase == offhours.PhaseReporting:
		switch {
		case s.reported:
			return step{activity: m.closing.Finish, input: m.ref}
		case m.count(`SELECT count(*) FROM tombstones WHERE request_id = $1 AND state IN ('pending', 'released')`) > 0:
			return step{activity: m.attachments.RemoveFiles, input: m.ref}
		}
		return step{activity: m.closing.Report, input: m.ref}
	case m.failure != nil:
		return step{activity: m.closing.Fence, input: activities.FenceInput{RequestRef: m.ref, Failure: m.failure}}
	case s.status == offhours.StatusInQueue:
		return step{activity: m.timing.Begin, input: m.ref}
	case !s.open && rapid.IntRange(0, 2).Draw(m.draw, "heard that it is closed") > 0:
		return step{activity: m.timing.Resume, input: m.ref}
	case s.phase == offhours.PhasePlanning:
		return step{activity: m.selection.Plan, input: activities.PlanInput{RequestRef: m.ref, Round: 1}}
	}
	return m.followingPart(s)
}

func (m *model) followingPart(s state) step {
	planned := s.phase == offhours.PhaseExporting
	for _, part := range s.parts {
		in := activities.PartInput{RequestRef: m.ref, Part: part.Number}
		planned = planned || part.Round > s.round
		switch {
		case part.State == offhours.PartPlanned:
			return step{activity: m.export.ExportPart, input: in}
		case part.State == offhours.PartExported:
			return step{activity: m.verification.VerifyPart, input: in}
		case part.Round <= s.round && part.Done < part.Files.Rows:
			return step{activity: m.deletion.DeletePart, input: in, deletes: true}
		}
	}
	switch {
	case planned:
		return step{activity: m.verification.Seal, input: activities.SealInput{RequestRef: m.ref, Round: s.round + 1}}
	case s.round < activities.MaxRounds && m.count(`SELECT count(*) FROM exceptions WHERE request_id = $1 AND outcome = 'rewritten' AND NOT superseded`) > 0:
		return step{activity: m.selection.Plan, input: activities.PlanInput{RequestRef: m.ref, Round: s.round + 1}}
	case m.count(`SELECT count(*) FROM tombstones WHERE request_id = $1 AND state IN ('pending', 'released')`) > 0:
		return step{activity: m.attachments.RemoveFiles, input: m.ref, deletes: true}
	}
	if !m.proved {
		return step{activity: m.deletion.ProveGone, input: m.ref, proves: true}
	}
	return step{activity: m.closing.Fence, input: activities.FenceInput{RequestRef: m.ref}}
}

// count is what a query counts of the request.
func (m *model) count(sql string) (n int) {
	m.T.Helper()
	m.Scan(&n, sql, m.request.ID)
	return n
}

func (m *model) run(s step) error { return m.do(nil, s.activity, s.input) }

// admit creates a request, of which there may be one at a time, often of records
// that have just been imported.
func (m *model) admit() {
	for range rapid.IntRange(0, 4).Draw(m.draw, "imported") {
		m.insert()
	}
	m.look()
	draft := postgrestest.Draft(code)
	draft.RequestType = one(m, "kind", offhours.ExportAndDelete, offhours.ExportAndDelete, offhours.DeleteOnly)
	request, _, err := m.DB.Admit(m.T.Context(), m.Admin, draft, uuid.NewString(), 0)
	if offhours.CodeOf(err) == offhours.CodeNothingToDo {
		return
	}
	require.NoError(m.T, err)
	m.request, m.ref = &request, request.Ref()
	m.failure, m.proved, m.damaged, m.deleted, m.done, m.late = nil, false, false, map[string]gone{}, map[int]int{}, nil
}

// repeat runs any activity at any time: after a reset, or as a twin. It may fail.
func (m *model) repeat() {
	m.allowed = false
	if m.request == nil {
		m.draw.Skip("there is no request")
	}
	s := m.state()
	m.allowed = m.mayDelete()
	part := activities.PartInput{RequestRef: m.ref, Part: rapid.IntRange(1, len(s.parts)+1).Draw(m.draw, "part")}
	round := rapid.IntRange(1, s.round+1).Draw(m.draw, "round")
	steps := map[string]step{
		"begin": {activity: m.timing.Begin, input: m.ref}, "resume": {activity: m.timing.Resume, input: m.ref}, "plan": {activity: m.selection.Plan, input: activities.PlanInput{RequestRef: m.ref, Round: round}},
		"export": {activity: m.export.ExportPart, input: part}, "verify": {activity: m.verification.VerifyPart, input: part}, "seal": {activity: m.verification.Seal, input: activities.SealInput{RequestRef: m.ref, Round: round}},
		"delete": {activity: m.deletion.DeletePart, input: part}, "remove files": {activity: m.attachments.RemoveFiles, input: m.ref}, "prove": {activity: m.deletion.ProveGone, input: m.ref},
		"report": {activity: m.closing.Report, input: m.ref}, "finish": {activity: m.closing.Finish, input: m.ref},
	}
	_ = m.run(steps[some(m, "activity", steps)])
}

// goOnAndDie does the next step with a worker that dies before its n-th write to the
// database, or after it, when nobody has heard the answer.
func (m *model) goOnAndDie() {
	if m.request == nil {
		m.draw.Skip("there is no request")
	}
	m.allowed = m.mayDelete()
	m.runAndDie(m.following(m.state()))
}

func (m *model) runAndDie(next step) {
	m.T.Helper()
	dying := &dying{DB: m.DB, at: rapid.IntRange(1, 2).Draw(m.draw, "write"), after: rapid.Bool().Draw(m.draw, "answer lost"), most: rapid.IntRange(1, 3).Draw(m.draw, "batch")}
	m.use(dying)
	defer m.use(m.DB)
	err := m.run(next)
	if m.late = append(m.late, dying.writes...); !strings.Contains(errorText(err), errDied.Error()) {
		m.answered(err) // it ended before
		return
	}
	m.tried["died"]++
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// workStore is all that the activities need of the database.
type workStore interface {
	activities.ExportStore
	activities.VerificationStore
	activities.DeletionStore
	activities.AttachmentsStore
	activities.ClosingStore
}

func (m *model) use(store workStore) {
	m.export.Store, m.verification.Store, m.deletion.Store, m.attachments.Store, m.closing.Store = store, store, store, store, store
}

// zombie lets an attempt that was given up do what it was about to do, once
// another one has begun: it must change nothing.
func (m *model) zombie() {
	m.allowed = false
	if len(m.late) == 0 {
		m.draw.Skip("no attempt was given up")
	}
	late := rapid.SampledFrom(m.late).Draw(m.draw, "write")
	if last := m.late[len(m.late)-1]; rapid.Bool().Draw(m.draw, "the last one") {
		late = last
	}
	if _, err := m.DB.ClaimPart(m.T.Context(), m.ref, late.part); !errors.Is(err, offhours.ErrEnded) {
		require.NoError(m.T, err)
	}
	before := m.recorded()
	m.tried["zombie "+late.name]++

	require.ErrorIs(m.T, late.again(m.T.Context()), offhours.ErrFenced, late.name)

	require.Equal(m.T, before, m.recorded())
}

// recorded is all that is recorded of the request.
func (m *model) recorded() (text string) {
	m.T.Helper()
	m.Scan(&text, `SELECT concat((SELECT json_agg(r) FROM requests r WHERE id = $1), (SELECT json_agg(p ORDER BY part) FROM parts p WHERE request_id = $1),
		(SELECT json_agg(b ORDER BY part, from_row) FROM batches b WHERE request_id = $1), (SELECT json_agg(e ORDER BY part, row_no) FROM exceptions e WHERE request_id = $1),
		(SELECT json_agg(c ORDER BY part, number) FROM copies c WHERE request_id = $1), (SELECT json_agg(t ORDER BY part, number) FROM tombstones t WHERE request_id = $1))`, m.ref.RequestID)
	return text
}

var errDied = errors.New("the worker died")

// write is a write of an attempt at a part that may come late.
type write struct {
	name  string
	part  int
	again func(context.Context) error
}

// dying is the database to a worker that dies at one of its writes.
type dying struct {
	*postgres.DB
	at     int
	after  bool // its answer was lost
	most   int  // records in a batch
	count  int
	writes []write
}

func (d *dying) write(ctx context.Context, name string, part int, do func(context.Context) error) error {
	if part > 0 {
		d.writes = append(d.writes, write{name, part, do})
	}
	if d.count++; d.count != d.at {
		return do(ctx)
	}
	if d.after {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return errDied
}

func (d *dying) RecordCopies(ctx context.Context, part offhours.Part, copies []offhours.Copy) (open bool, err error) {
	err = d.write(ctx, "copies", part.Number, func(ctx context.Context) error {
		open, err = d.DB.RecordCopies(ctx, part, copies)
		return err
	})
	return open, err
}

func (d *dying) RecordExported(ctx context.Context, part offhours.Part, files offhours.PartFiles, snapshot offhours.Snapshot) error {
	return d.write(ctx, "exported", part.Number, func(ctx context.Context) error { return d.DB.RecordExported(ctx, part, files, snapshot) })
}

func (d *dying) RecordVerified(ctx context.Context, part offhours.Part, keys offhours.PartKeys) error {
	return d.write(ctx, "verified", part.Number, func(ctx context.Context) error { return d.DB.RecordVerified(ctx, part, keys) })
}

func (d *dying) Replan(ctx context.Context, part offhours.Part) error {
	return d.write(ctx, "replan", part.Number, func(ctx context.Context) error { return d.DB.Replan(ctx, part) })
}

func (d *dying) Seal(ctx context.Context, ref offhours.RequestRef, seal offhours.Seal) error {
	return d.write(ctx, "seal", 0, func(ctx context.Context) error { return d.DB.Seal(ctx, ref, seal) })
}

func (d *dying) DeleteBatch(ctx context.Context, part offhours.Part, rows []offhours.Listed) (deleted offhours.Deleted, err error) {
	if len(rows) > d.most {
		return offhours.Deleted{}, offhours.ErrBusy // so that smaller ones are tried
	}
	err = d.write(ctx, "batch", part.Number, func(ctx context.Context) error {
		deleted, err = d.DB.DeleteBatch(ctx, part, rows)
		return err
	})
	return deleted, err
}

func (d *dying) ReleaseFiles(ctx context.Context, ref offhours.RequestRef, _ int) (released offhours.Released, err error) {
	err = d.write(ctx, "release", 0, func(ctx context.Context) error {
		released, err = d.DB.ReleaseFiles(ctx, ref, 1)
		return err
	})
	return released, err
}

func (d *dying) RecordFiles(ctx context.Context, ref offhours.RequestRef, done []offhours.Tombstone) error {
	return d.write(ctx, "files", 0, func(ctx context.Context) error { return d.DB.RecordFiles(ctx, ref, done) })
}

func (d *dying) Fence(ctx context.Context, ref offhours.RequestRef, failure *offhours.Failure) error {
	return d.write(ctx, "fence", 0, func(ctx context.Context) error { return d.DB.Fence(ctx, ref, failure) })
}

func (d *dying) RecordReport(ctx context.Context, ref offhours.RequestRef, report offhours.Stored) error {
	return d.write(ctx, "report", 0, func(ctx context.Context) error { return d.DB.RecordReport(ctx, ref, report) })
}

func (d *dying) Finish(ctx context.Context, ref offhours.RequestRef) (account offhours.Accounting, err error) {
	err = d.write(ctx, "finish", 0, func(ctx context.Context) error {
		account, err = d.DB.Finish(ctx, ref)
		return err
	})
	return account, err
}

// comeToAnEnd lets the live request end as its workflow would, in quiet times: none
// may get stuck, whatever has happened to it.
func (m *model) comeToAnEnd() {
	m.setHours(false)
	for steps := 0; m.request != nil; steps++ {
		require.Less(m.T, steps, 300, "the request does not come to an end")
		m.goOn()
		m.check()
	}
}
