package offhours

import "time"

// Timing is where a request stands and when it may go on.
type Timing struct {
	Status Status    `json:"status"`
	At     time.Time `json:"at"` // when to ask again; zero if there is nothing to wait for
}

// Untold is a request whose workflow may not know yet that its account's business
// hours have changed.
type Untold struct {
	RequestRef
	Since time.Time // by the database's clock, in whole microseconds
}
