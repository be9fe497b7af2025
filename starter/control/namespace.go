package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// ErrOtherNamespace means that this Temporal namespace is not the one in which
// the workflows of requests are: in this one they would all seem to be gone.
var ErrOtherNamespace = errors.New("this Temporal namespace is not the one in which the workflows of requests are. " +
	"Look at TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE; if that one is lost, starter reconcile --adopt-namespace goes on in this one")

// atHome makes sure, once, that the workflows of requests are in this namespace.
// The first reconciler of all says which one it is.
func (r *Reconciler) atHome(ctx context.Context) error {
	if r.home {
		return nil
	}
	id, err := r.namespaceID(ctx)
	if err != nil {
		return err
	}
	known, err := r.rows.Namespace(ctx)
	if err == nil && known == "" && !r.dryRun {
		err = r.rows.AdoptNamespace(ctx, id)
	}
	if err != nil {
		return fmt.Errorf("look for the namespace of requests: %w", err)
	}
	if known != "" && known != id {
		return ErrOtherNamespace
	}
	r.home = !r.dryRun
	return nil
}

// AdoptNamespace takes this namespace for the one of all requests. Those whose
// workflows are in the one before will be found abandoned.
func (r *Reconciler) AdoptNamespace(ctx context.Context) error {
	id, err := r.namespaceID(ctx)
	if err == nil {
		err = r.rows.AdoptNamespace(ctx, id)
	}
	return err
}

func (r *Reconciler) namespaceID(ctx context.Context) (string, error) {
	request := &workflowservice.DescribeNamespaceRequest{Namespace: cmp.Or(r.namespace, client.DefaultNamespace)}
	described, err := r.client.temporal.WorkflowService().DescribeNamespace(ctx, request)
	if err != nil {
		return "", fmt.Errorf("describe the namespace: %w", err)
	}
	return described.GetNamespaceInfo().GetId(), nil
}
