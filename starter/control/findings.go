package control

import (
	"fmt"

	"github.com/offhours/offhours"
)

// FindingKind says how a request and its workflows differ.
type FindingKind string

// Kinds of findings.
const (
	// FindingUnstarted is a request that was admitted, and of which Temporal is not
	// known to have the workflow. Mended: the workflow is started.
	FindingUnstarted FindingKind = "unstarted"
	// FindingAbandoned is a request that has not ended, and whose workflow was
	// terminated or deleted, or ended without it. Mended: CloseRequest ends it.
	FindingAbandoned FindingKind = "abandoned"
	// FindingDisagreement is a workflow that runs and says one thing while the
	// database says another, or that has no request. It is reported only: neither
	// side is to be believed unseen.
	FindingDisagreement FindingKind = "disagreement"
	// FindingUndelivered is a mail that nobody delivers: its workflow was never
	// started, or was terminated or deleted. Mended: the delivery is started anew.
	FindingUndelivered FindingKind = "undelivered"
	// FindingUntold is a workflow that was not told of changed business hours, and
	// may wait for a wrong instant. Mended: it is told.
	FindingUntold FindingKind = "untold"
)

// Finding is one difference between the database and Temporal. It holds no
// customer data.
type Finding struct {
	Kind       FindingKind `json:"kind"`
	AccountID  int64       `json:"accountId"`
	RequestID  string      `json:"requestId"`
	WorkflowID string      `json:"workflowId"`
	Detail     string      `json:"detail"` // one sentence
	Mended     bool        `json:"mended"` // or rather, on its way to be
}

func finding(kind FindingKind, ref offhours.RequestRef, workflowID, format string, args ...any) Finding {
	return Finding{
		Kind: kind, AccountID: ref.AccountID, RequestID: ref.RequestID, WorkflowID: workflowID, Detail: fmt.Sprintf(format, args...),
	}
}
