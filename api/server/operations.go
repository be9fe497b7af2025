package server

import (
	"bytes"
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/offhours/offhours/api/openapi"
)

// GetHealth answers while the process is alive, whatever else is not.
func (a api) GetHealth(context.Context, openapi.GetHealthRequestObject) (openapi.GetHealthResponseObject, error) {
	return openapi.GetHealth200JSONResponse{Status: "ok"}, nil
}

// GetReadiness asks everything that the API needs, at once.
func (a api) GetReadiness(ctx context.Context, _ openapi.GetReadinessRequestObject) (openapi.GetReadinessResponseObject, error) {
	answer := a.health.Ask(ctx)
	readiness := openapi.Readiness{Ready: answer.Ready, Parts: answer.States}
	if !answer.Ready {
		return openapi.GetReadiness503JSONResponse(readiness), nil
	}
	return openapi.GetReadiness200JSONResponse(readiness), nil
}

// metricsPage answers with what was counted.
type metricsPage struct {
	page    http.Handler
	request *http.Request
}

// GetMetrics shows what was counted.
func (a api) GetMetrics(ctx context.Context, _ openapi.GetMetricsRequestObject) (openapi.GetMetricsResponseObject, error) {
	c, _ := ctx.(*gin.Context) // what the generated code passes
	return metricsPage{page: a.MetricsPage, request: c.Request}, nil
}

// VisitGetMetricsResponse writes the page.
func (p metricsPage) VisitGetMetricsResponse(w http.ResponseWriter) error {
	p.page.ServeHTTP(w, p.request)
	return nil
}

// GetSpecification serves the contract.
func (a api) GetSpecification(context.Context, openapi.GetSpecificationRequestObject) (openapi.GetSpecificationResponseObject, error) {
	return openapi.GetSpecification200ApplicationyamlResponse{
		Body:          bytes.NewReader(openapi.Specification),
		ContentLength: int64(len(openapi.Specification)),
	}, nil
}
