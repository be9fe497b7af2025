package activities

import (
	"context"

	"github.com/offhours/offhours"
)

// PartSize is how many records a part has: small enough that one file and its
// list are verified and deleted within seconds, large enough that 200,000
// records need 20 parts and a few hundred events of history.
const PartSize = 10_000

// MaxRounds bounds how often records that are rewritten again and again are
// exported anew. Those that are left then have failed.
const MaxRounds = 5

// SelectionStore is what Selection needs of the database.
type SelectionStore interface {
	Plan(ctx context.Context, ref offhours.RequestRef, partSize int) ([]int, error)
	PlanRewritten(ctx context.Context, ref offhours.RequestRef, round int) ([]int, error)
}

// Selection decides what a request exports.
type Selection struct {
	Store    SelectionStore
	PartSize int // 0 means PartSize
}

// PlanInput is the input to Plan.
type PlanInput struct {
	offhours.RequestRef
	Round int `json:"round"` // from 1
}

// PlanResult is the parts of a round. A round after the first without parts
// means that there is nothing to export anew.
type PlanResult struct {
	Parts []int `json:"parts"`
}

// Plan returns the parts of a round. The first round is the selection; each
// further one exports anew what was rewritten since.
func (s *Selection) Plan(ctx context.Context, in PlanInput) (PlanResult, error) {
	var parts []int
	var err error
	switch {
	case in.Round == 1:
		size := s.PartSize
		if size == 0 {
			size = PartSize
		}
		parts, err = s.Store.Plan(ctx, in.RequestRef, size)
	case in.Round <= MaxRounds:
		parts, err = s.Store.PlanRewritten(ctx, in.RequestRef, in.Round)
	}
	return PlanResult{Parts: parts}, translate(err)
}
