package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/activities"
)

// afterBatch does something behind each batch that was deleted.
type afterBatch struct {
	activities.DeletionStore
	then func()
}

func (s afterBatch) DeleteBatch(ctx context.Context, part offhours.Part, rows []offhours.Listed) (offhours.Deleted, error) {
	deleted, err := s.DeletionStore.DeleteBatch(ctx, part, rows)
	s.then()
	return deleted, err
}

// A cancelled request, and a worker that is stopped, end at the edge of a batch:
// what the batch deleted is accounted for, and another attempt goes on behind it.
func TestADeleteThatIsStoppedEndsAtTheEdgeOfItsBatch(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(p *pipeline) (now func()){
		"the request is cancelled": func(p *pipeline) func() {
			ctx, cancel := context.WithCancel(p.T.Context())
			p.env.SetWorkerOptions(worker.Options{BackgroundActivityContext: ctx})
			return cancel
		},
		"the worker stops": func(p *pipeline) func() {
			stopping := make(chan struct{})
			p.env.SetWorkerStopChannel(stopping)
			return func() { close(stopping) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipeline(t, 0)
			p.AddRecords(code, 2500, 50*24*3600e9)
			p.selection.PartSize = 2500
			p.limit(offhours.Limits{offhours.LimitBusySessions: 0}) // the test's own session is company
			p.mayDelete()
			p.deletion.Store = afterBatch{p.DB, stop(p)}

			require.Error(t, p.do(nil, p.deletion.DeletePart, activities.PartInput{RequestRef: p.ref, Part: 1}))

			require.Equal(t, 1500, p.left())
			require.Equal(t, offhours.Outcomes{Deleted: 1000}, p.request().Outcomes)
			p.work()
			p.selection.PartSize = 2500
			p.delete(1)
			result, report := p.finish(nil)
			require.Equal(t, offhours.Outcomes{Deleted: 2500}, result.Outcomes)
			require.Equal(t, map[string]int{"deleted": 2500}, outcomes(report))
		})
	}
}
