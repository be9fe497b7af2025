package server

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/offhours/offhours/api/openapi"
)

// pingTimeout is given to each part that /readyz asks.
const pingTimeout = 2 * time.Second

// GetHealth answers while the process is alive, whatever else is not.
func (a api) GetHealth(context.Context, openapi.GetHealthRequestObject) (openapi.GetHealthResponseObject, error) {
	return openapi.GetHealth200JSONResponse{Status: "ok"}, nil
}

// GetReadiness asks everything that the API needs, at once.
func (a api) GetReadiness(ctx context.Context, _ openapi.GetReadinessRequestObject) (openapi.GetReadinessResponseObject, error) {
	readiness := openapi.Readiness{Ready: true, Parts: map[string]string{}}
	var (
		group sync.WaitGroup
		mu    sync.Mutex
	)
	for name, ping := range map[string]func(context.Context) error{
		"database": a.Store.Ping,
		"temporal": a.Workflows.Ping,
		"bucket":   a.Files.Ping,
	} {
		group.Go(func() {
			state := a.ask(ctx, name, ping)
			mu.Lock()
			defer mu.Unlock()
			readiness.Parts[name] = state
			readiness.Ready = readiness.Ready && state == "ok"
		})
	}
	group.Wait()
	if !readiness.Ready {
		return openapi.GetReadiness503JSONResponse(readiness), nil
	}
	return openapi.GetReadiness200JSONResponse(readiness), nil
}

func (a api) ask(ctx context.Context, name string, ping func(context.Context) error) string {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := ping(ctx); err != nil {
		a.Log.WarnContext(ctx, "not ready", "part", name, "error", err)
		return "unavailable"
	}
	return "ok"
}

// GetSpecification serves the contract.
func (a api) GetSpecification(context.Context, openapi.GetSpecificationRequestObject) (openapi.GetSpecificationResponseObject, error) {
	return openapi.GetSpecification200ApplicationyamlResponse{
		Body:          bytes.NewReader(openapi.Specification),
		ContentLength: int64(len(openapi.Specification)),
	}, nil
}
