package server

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/offhours/offhours"
	"github.com/offhours/offhours/api/openapi"
)

const (
	startTimeout  = 3 * time.Second  // a worker starts what could not be started here
	revokeTimeout = 10 * time.Second // the answer must be certain, so it is waited for
)

// PreviewRequest says what a request would do.
func (a api) PreviewRequest(ctx context.Context, r openapi.PreviewRequestRequestObject) (openapi.PreviewRequestResponseObject, error) {
	draft := offhours.Draft{ActivityType: r.Body.ActivityType, RequestType: r.Body.RequestType, Range: r.Body.Range}
	preview, err := a.Store.Preview(ctx, mustCaller(ctx).account, draft, a.Grace)
	if err != nil {
		return nil, err
	}
	response := openapi.PreviewRequest200JSONResponse{
		Selection:     preview.Selection,
		Records:       preview.Records,
		RecordsBefore: preview.RecordsBefore,
		RecordsAfter:  preview.RecordsAfter,
		Attachments:   preview.Attachments,
		EarliestStart: preview.EarliestStart,
	}
	if refusal := preview.Refusal; refusal != nil {
		response.Refusal = &openapi.Refusal{Code: refusal.Code, Detail: refusal.Detail}
	}
	return response, nil
}

// CreateRequest admits a request and starts its workflow.
func (a api) CreateRequest(ctx context.Context, r openapi.CreateRequestRequestObject) (openapi.CreateRequestResponseObject, error) {
	key := r.Params.IdempotencyKey
	if !offhours.ValidKey(key) {
		return nil, badParameter(headerKey)
	}
	draft := offhours.Draft{
		ActivityType: r.Body.ActivityType,
		RequestType:  r.Body.RequestType,
		Range:        r.Body.Range,
		Confirmed:    r.Body.Confirmed,
	}
	request, created, err := a.Store.Admit(ctx, mustCaller(ctx).user, draft, key, a.Grace)
	if err != nil {
		return nil, err
	}
	if !created {
		return openapi.CreateRequest200JSONResponse(request), nil
	}
	a.start(ctx, request)
	return openapi.CreateRequest201JSONResponse{
		Body:    request,
		Headers: openapi.CreateRequest201ResponseHeaders{Location: location(request)},
	}, nil
}

// start hands an admitted request to Temporal. Whether that succeeds does not
// matter to the caller, who has the request: a worker starts what is unstarted.
func (a api) start(ctx context.Context, request offhours.Request) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	err := a.Workflows.Start(ctx, request.Ref())
	if err == nil {
		err = a.Store.MarkWorkflowStarted(ctx, request.ID)
	}
	if err != nil {
		a.Log.WarnContext(ctx, "the workflow was not started yet; a worker will", "account", request.AccountID, "request", request.ID, "error", err)
	}
}

func location(request offhours.Request) *string {
	path := "/api/v1/requests/" + request.ID
	return &path
}

// GetRequest shows one request.
func (a api) GetRequest(ctx context.Context, r openapi.GetRequestRequestObject) (openapi.GetRequestResponseObject, error) {
	request, err := a.Store.Request(ctx, mustCaller(ctx).account.ID, r.Id)
	if err != nil {
		return nil, err
	}
	return openapi.GetRequest200JSONResponse(request), nil
}

// ListEvents tells what happened to a request.
func (a api) ListEvents(ctx context.Context, r openapi.ListEventsRequestObject) (openapi.ListEventsResponseObject, error) {
	events, err := a.Store.Events(ctx, mustCaller(ctx).account.ID, r.Id)
	if err != nil {
		return nil, err
	}
	return openapi.ListEvents200JSONResponse{Items: events}, nil
}

// RevokeRequest revokes a request In Queue. Histories of workflows hold no
// personal data, so they get the id of who revokes, and never the reason.
func (a api) RevokeRequest(ctx context.Context, r openapi.RevokeRequestRequestObject) (openapi.RevokeRequestResponseObject, error) {
	reason, err := reasonOf(r.Body)
	if err != nil {
		return nil, err
	}
	caller := mustCaller(ctx)
	request, err := a.Store.Request(ctx, caller.account.ID, r.Id)
	if err != nil {
		return nil, err
	}
	switch request.Status {
	case offhours.StatusRevoked:
		return openapi.RevokeRequest200JSONResponse(request), nil
	case offhours.StatusInQueue:
	default:
		return nil, offhours.Errorf(offhours.CodeTooLateToRevoke, offhours.TextTooLateToRevoke)
	}
	if reason != "" {
		if err := a.Store.NoteRevocation(ctx, caller.user, request.ID, reason); err != nil {
			return nil, err
		}
	}
	waiting, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	if err := a.Workflows.Revoke(waiting, request.Ref(), caller.user.ID, ""); err != nil {
		return nil, err
	}
	if request, err = a.Store.Request(ctx, caller.account.ID, request.ID); err != nil {
		return nil, err
	}
	return openapi.RevokeRequest200JSONResponse(request), nil
}

func reasonOf(body *openapi.Revocation) (string, error) {
	if body == nil || body.Reason == nil {
		return "", nil
	}
	reason := strings.TrimSpace(*body.Reason)
	if utf8.RuneCountInString(reason) > offhours.MaxReasonLength {
		return "", invalid("reason: must be at most %d characters.", offhours.MaxReasonLength)
	}
	if strings.ContainsFunc(reason, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return "", invalid("reason: must not contain control characters.")
	}
	return reason, nil
}
