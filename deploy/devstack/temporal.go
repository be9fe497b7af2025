package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	schema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// retention is how long ended workflows can be looked at. The product
	// needs none of it; people who search for a cause do.
	retention = 7 * 24 * time.Hour

	temporalLimit = 30 * time.Second
	clusterName   = "active"
)

// searchAttributes are those of the product's Temporal contract.
var searchAttributes = map[string]enumspb.IndexedValueType{
	"OffhoursAccount":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"OffhoursActivityType": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"OffhoursRequestType":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"OffhoursStatus":       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
}

// temporalServer is a Temporal server in this process, on one SQLite file.
type temporalServer struct {
	file      string
	log       string
	port      int
	namespace string
	fairness  bool // accounts take turns

	server temporal.Server
}

// start creates the file on the first run and returns when the namespace
// answers and has all search attributes.
func (t *temporalServer) start(ctx context.Context) error {
	if err := t.createFile(); err != nil {
		return err
	}
	if err := t.createNamespace(); err != nil {
		return err
	}
	server, err := temporal.NewServer(t.options()...)
	if err != nil {
		return fmt.Errorf("set up the Temporal server: %w", err)
	}
	t.server = server
	if err := server.Start(); err != nil {
		return fmt.Errorf("start the Temporal server: %w", err)
	}
	return t.ensureNamespace(ctx)
}

// stop ends all services. The file is consistent also without it.
func (t *temporalServer) stop() error {
	if t.server == nil {
		return nil
	}
	return t.server.Stop()
}

// createFile makes the schema in a second file and copies it into place in one
// step, so that a run that is killed half-way leaves no schema with half its
// tables. It is a copy because the server's connection pool never closes the
// second file. That one has no write-ahead log, so the file is all there is.
func (t *temporalServer) createFile() error {
	if _, err := os.Stat(t.file); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(t.file), 0o755); err != nil {
		return fmt.Errorf("create folder of the Temporal server: %w", err)
	}
	unfinished := t.file + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove unfinished Temporal file: %w", err)
	}
	if err := schema.SetupSchema(store(unfinished, nil)); err != nil {
		return fmt.Errorf("create %s: %w", unfinished, err)
	}
	content, err := os.ReadFile(unfinished)
	if err != nil {
		return fmt.Errorf("create Temporal file: %w", err)
	}
	if err := renameio.WriteFile(t.file, content, 0o644); err != nil {
		return fmt.Errorf("create Temporal file: %w", err)
	}
	return os.Remove(unfinished)
}

// createNamespace writes the namespace into the file before the server is
// there. One that is registered with a running server is not known to all of
// its caches for some seconds.
func (t *temporalServer) createNamespace() error {
	namespace, err := schema.NewNamespaceConfig(clusterName, t.namespace, false, searchAttributes)
	if err != nil {
		return fmt.Errorf("describe namespace %s: %w", t.namespace, err)
	}
	namespace.Detail.Config.Retention = durationpb.New(retention)
	if err := schema.CreateNamespaces(t.store(), namespace); err != nil {
		return fmt.Errorf("create namespace %s: %w", t.namespace, err)
	}
	return nil
}

// ensureNamespace waits for the server, and adds the search attributes a
// namespace of an earlier version of devstack does not have.
func (t *temporalServer) ensureNamespace(ctx context.Context) error {
	c, err := client.NewLazyClient(client.Options{
		HostPort: address(t.port),
		Logger:   sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fmt.Errorf("make Temporal client: %w", err)
	}
	defer c.Close()

	err = poll(ctx, "the Temporal server", temporalLimit, nil, func(ctx context.Context) error {
		_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.namespace})
		return err
	})
	if err != nil {
		return err
	}
	present, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: t.namespace})
	if err != nil {
		return fmt.Errorf("list search attributes of namespace %s: %w", t.namespace, err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, kind := range searchAttributes {
		if _, ok := present.GetCustomAttributes()[name]; !ok {
			missing[name] = kind
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: t.namespace, SearchAttributes: missing,
	})
	if err != nil {
		return fmt.Errorf("add search attributes to namespace %s: %w", t.namespace, err)
	}
	return nil
}
