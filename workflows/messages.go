// Package workflows says what happens to a request, and in which order. Its code
// is deterministic: clocks, time zones, the database and the bucket are reached
// through activities only.
package workflows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/offhours/offhours"
)

// The contract with support tooling and operators.
const (
	BulkRequestName     = "BulkRequest"    // workflow type of a request
	DeliverNoticesName  = "DeliverNotices" // workflow type of its mails
	CloseRequestName    = "CloseRequest"   // workflow type that ends a request whose own is gone
	PurgeExportsName    = "PurgeExports"   // workflow type of the schedule PurgeScheduleID
	RevokeName          = "revoke"         // signal and update, payload Revoke or none
	ScheduleChangedName = "schedule-changed"
	StatusName          = "status" // query, answers an offhours.Request

	ControlQueue = "offhours-control"
	BulkQueue    = "offhours-bulk"
	MailQueue    = "offhours-mail"

	// PurgeScheduleID is the schedule that purges expired exports.
	PurgeScheduleID = "offhours-purge"

	// TypeTooLate is the type of the error with which the update refuses.
	TypeTooLate = "TooLateToRevoke"
)

// Search attributes by which operators find requests.
var (
	AccountAttribute      = temporal.NewSearchAttributeKeyKeyword("OffhoursAccount")
	ActivityTypeAttribute = temporal.NewSearchAttributeKeyKeyword("OffhoursActivityType")
	RequestTypeAttribute  = temporal.NewSearchAttributeKeyKeyword("OffhoursRequestType")
	StatusAttribute       = temporal.NewSearchAttributeKeyKeyword("OffhoursStatus")
)

// BulkRequestID is the workflow id of a request.
func BulkRequestID(ref offhours.RequestRef) string {
	return fmt.Sprintf("bulk/%d/%s", ref.AccountID, ref.RequestID)
}

// NoticesID is the workflow id of the mails that announce one change of a request.
func NoticesID(ref offhours.RequestRef, kind offhours.NoticeKind) string {
	return fmt.Sprintf("mail/%d/%s/%s", ref.AccountID, ref.RequestID, kind)
}

// ParseBulkRequestID returns the request of a workflow id, and false if the id is
// not that of a request.
func ParseBulkRequestID(id string) (ref offhours.RequestRef, ok bool) {
	rest, bulk := strings.CutPrefix(id, "bulk/")
	account, request, both := strings.Cut(rest, "/")
	number, err := strconv.ParseInt(account, 10, 64)
	ref = offhours.RequestRef{AccountID: number, RequestID: request}
	return ref, bulk && both && err == nil && BulkRequestID(ref) == id
}

// CloseRequestID is the id of the workflow that ends a request whose own is gone.
func CloseRequestID(ref offhours.RequestRef) string {
	return fmt.Sprintf("close/%d/%s", ref.AccountID, ref.RequestID)
}

// BulkRequestInput is the input to BulkRequest. Like everything in a history it
// holds no names, addresses or values.
type BulkRequestInput struct {
	offhours.RequestRef
	ActivityType int                  `json:"activityType"`
	RequestType  offhours.RequestType `json:"requestType"`
	Range        offhours.DateRange   `json:"range"`
	Selection    offhours.Selection   `json:"selection"`
	Records      int                  `json:"records"`
	CreatedBy    string               `json:"createdBy"` // user id
	CreatedOn    time.Time            `json:"createdOn"`
}

// Revoke is the payload of the signal and the update.
type Revoke struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// NoticesInput is the input to DeliverNotices.
type NoticesInput struct {
	offhours.RequestRef
	Kind offhours.NoticeKind `json:"kind"`
}
