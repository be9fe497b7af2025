package activities_test

import (
	"context"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
	"github.com/offhours/offhours/internal/archive"
	"github.com/offhours/offhours/internal/postgres/postgrestest"
)

// pipeline runs the activities of one request by hand, on a real database and a
// real bucket, in parts of ten records.
type pipeline struct {
	postgrestest.World
	ref    offhours.RequestRef
	bucket *blob.Bucket
	store  *archive.Store
	env    *testsuite.TestActivityEnvironment

	timing       *activities.Timing
	selection    *activities.Selection
	export       *activities.Export
	verification *activities.Verification
	deletion     *activities.Deletion
	attachments  *activities.Attachments
	closing      *activities.Closing
}

const code = 201

// newPipeline arranges n records that a request of the kind selects.
func newPipeline(t *testing.T, n int) *pipeline {
	t.Helper()
	return newPipelineIn(postgrestest.NewWorld(t), n)
}

func newPipelineIn(w postgrestest.World, n int) *pipeline {
	w.T.Helper()
	p := &pipeline{World: w, bucket: memblob.OpenBucket(nil)}
	p.AddType(code, 0, 0)
	for i := range n { // one by one, so that their order is known
		p.Exec(`INSERT INTO records (account_id, id, type_code, created_on, modified_on, note)
			VALUES ($1, $2, $3, now(), now() - interval '40 days' + $4 * interval '1 s', 'note ' || $4::text)`, p.Account.ID, uuid.NewString(), code, i)
	}
	p.store = archive.New(p.bucket)
	p.work()
	return p
}

// work makes the activities on the store.
func (p *pipeline) work() {
	p.env = new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment()
	p.timing = &activities.Timing{Store: p.DB}
	p.selection = &activities.Selection{Store: p.DB, PartSize: 10}
	p.export = &activities.Export{Store: p.DB, Archive: exportArchive{p.store}}
	p.verification = &activities.Verification{Store: p.DB, Archive: p.store}
	p.deletion = &activities.Deletion{Store: p.DB, Archive: p.store}
	p.attachments = &activities.Attachments{Store: p.DB, Archive: p.store}
	p.closing = &activities.Closing{Store: p.DB, Archive: closingArchive{p.store}}
	for _, activity := range []any{p.timing, p.selection, p.export, p.verification, p.deletion, p.attachments, p.closing} {
		p.env.RegisterActivity(activity)
	}
}

// begin admits and starts a request.
func (p *pipeline) begin(kind offhours.RequestType) {
	p.T.Helper()
	draft := postgrestest.Draft(code)
	draft.RequestType = kind
	request, _, err := p.DB.Admit(p.T.Context(), p.Admin, draft, uuid.NewString(), 0)
	require.NoError(p.T, err)
	p.ref = request.Ref()
	require.NoError(p.T, p.do(nil, p.timing.Begin, p.ref))
}

// do runs an activity as a worker would.
func (p *pipeline) do(result any, activity any, input any) error {
	p.T.Helper()
	value, err := p.env.ExecuteActivity(activity, input)
	if err == nil && result != nil {
		require.NoError(p.T, value.Get(result))
	}
	return err
}

func (p *pipeline) plan(round int) []int {
	p.T.Helper()
	var result activities.PlanResult
	require.NoError(p.T, p.do(&result, p.selection.Plan, activities.PlanInput{RequestRef: p.ref, Round: round}))
	return result.Parts
}

func (p *pipeline) part(activity any, number int) (result activities.PartResult) {
	p.T.Helper()
	require.NoError(p.T, p.do(&result, activity, activities.PartInput{RequestRef: p.ref, Part: number}))
	return result
}

// archive exports and verifies parts.
func (p *pipeline) archive(parts ...int) {
	p.T.Helper()
	for _, number := range parts {
		p.part(p.export.ExportPart, number)
		require.False(p.T, p.part(p.verification.VerifyPart, number).Corrupt)
	}
}

func (p *pipeline) seal(round int) (result activities.SealResult) {
	p.T.Helper()
	require.NoError(p.T, p.do(&result, p.verification.Seal, activities.SealInput{RequestRef: p.ref, Round: round}))
	return result
}

// mayDelete brings an Export & Delete to where all of it is sealed and nothing is
// deleted yet.
func (p *pipeline) mayDelete() {
	p.T.Helper()
	p.begin(offhours.ExportAndDelete)
	p.archive(p.plan(1)...)
	p.seal(1)
}

func (p *pipeline) delete(parts ...int) {
	p.T.Helper()
	for _, number := range parts {
		p.part(p.deletion.DeletePart, number)
	}
}

// finish ends the request and returns its end and its report.
func (p *pipeline) finish(failure *offhours.Failure) (result activities.FinishResult, report [][]string) {
	p.T.Helper()
	require.NoError(p.T, p.do(nil, p.closing.Fence, activities.FenceInput{RequestRef: p.ref, Failure: failure}))
	require.NoError(p.T, p.do(nil, p.closing.Report, p.ref))
	require.NoError(p.T, p.do(&result, p.closing.Finish, p.ref))
	file, _, err := p.DB.Report(p.T.Context(), p.ref.AccountID, p.ref.RequestID)
	require.NoError(p.T, err)
	text, err := p.bucket.ReadAll(p.T.Context(), file.Key)
	require.NoError(p.T, err)
	report, err = csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(p.T, err)
	require.Equal(p.T, offhours.ReportHeader, report[0])
	return result, report[1:]
}

// left counts the records that are left.
func (p *pipeline) left() (n int) {
	p.T.Helper()
	return p.Count("records")
}

// outcomes counts the report's lines by outcome.
func outcomes(report [][]string) map[string]int {
	count := map[string]int{}
	for _, line := range report {
		count[line[2]]++
	}
	return count
}

// keys lists the bucket.
func (p *pipeline) keys() (keys []string) {
	p.T.Helper()
	for it := p.bucket.List(nil); ; {
		object, err := it.Next(p.T.Context())
		if err == io.EOF {
			return keys
		}
		require.NoError(p.T, err)
		keys = append(keys, object.Key)
	}
}

// failed returns the failure that an activity reported.
func (p *pipeline) failed(activity any, input any) *offhours.Failure {
	p.T.Helper()
	failure := activities.FailureOf(p.do(nil, activity, input))
	require.NotNil(p.T, failure)
	return failure
}

type exportArchive struct{ *archive.Store }

func (a exportArchive) CreatePart(ctx context.Context, ref offhours.RequestRef, part int, attempt string, shape offhours.PartShape) (activities.PartWriter, error) {
	return a.Store.CreatePart(ctx, ref, part, attempt, shape)
}

type closingArchive struct{ *archive.Store }

func (a closingArchive) CreateReport(ctx context.Context, ref offhours.RequestRef, attempt string) (activities.ReportWriter, error) {
	return a.Store.CreateReport(ctx, ref, attempt)
}
