package offhours

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Limit names what a request that deletes has to respect, so that others can work.
type Limit string

// Limits. Each has a value for the deployment, which an account's own may replace.
const (
	LimitBatchRecords Limit = "batch_records"        // most records of a delete transaction
	LimitBatchTime    Limit = "batch_ms"             // how long one should hold its locks
	LimitPause        Limit = "pause_ms"             // least pause between two
	LimitLockWaiters  Limit = "lock_waiters"         // sessions that wait for a batch
	LimitBusySessions Limit = "busy_sessions"        // sessions of others at work in the database
	LimitLagBytes     Limit = "replica_lag_bytes"    // that the farthest standby has not replayed
	LimitLagTime      Limit = "replica_lag_ms"       // how late the latest standby replays
	LimitWAL          Limit = "wal_bytes_per_second" // that the server writes, for whomever
	LimitDeadRows     Limit = "dead_rows"            // of records that wait for vacuum, beyond a tenth of the live ones
)

// LimitRange says which values a limit may have. Where Off is set, 0 is no limit.
type LimitRange struct {
	Limit    Limit
	Min, Max int64
	Off      bool
	About    string // in a few words, with the unit
}

// LimitRanges has every limit, in the order in which they are shown.
var LimitRanges = []LimitRange{
	{LimitBatchRecords, 50, 1000, false, "records of a delete transaction, at most"},
	{LimitBatchTime, 10, 4000, false, "milliseconds that one may take: after a longer one the next are smaller"},
	{LimitPause, 0, 1000, true, "milliseconds of pause after each, whatever others do"},
	{LimitLockWaiters, 1, 10_000, true, "sessions that wait for locks of a batch"},
	{LimitBusySessions, 1, 10_000, true, "sessions of others at work in the same database"},
	{LimitLagBytes, 1, 1_000_000_000_000, true, "bytes of WAL that a standby has still to replay"},
	{LimitLagTime, 1, 86_400_000, true, "milliseconds that a standby replays late"},
	{LimitWAL, 65_536, 1_000_000_000_000, true, "bytes of WAL a second, of the whole server"},
	{LimitDeadRows, 1, 1_000_000_000_000, true, "dead rows of records beyond a tenth of the live ones"},
}

// Limits are values of limits. 0 is no limit. Those of an account hold only what
// differs from the deployment's.
type Limits map[Limit]int64

// Validate returns CodeInvalidRequest for an unknown limit or a value out of range.
func (l Limits) Validate() error {
	for limit, value := range l {
		if err := limit.validate(value); err != nil {
			return err
		}
	}
	return nil
}

// Known reports whether there is such a limit.
func (l Limit) Known() bool { return l.index() >= 0 }

func (l Limit) index() int {
	return slices.IndexFunc(LimitRanges, func(r LimitRange) bool { return r.Limit == l })
}

func (l Limit) validate(value int64) error {
	if !l.Known() {
		return Errorf(CodeInvalidRequest, "There is no limit %q.", string(l))
	}
	r := LimitRanges[l.index()]
	if value >= r.Min && value <= r.Max || r.Off && value == 0 {
		return nil
	}
	return Errorf(CodeInvalidRequest, "%s must be from %d to %d%s.", r.Limit, r.Min, r.Max, r.orNone())
}

func (r LimitRange) orNone() string {
	if r.Off && r.Min > 0 {
		return ", or 0 for no limit"
	}
	return ""
}

// String says what the limit is of and which values it may have.
func (r LimitRange) String() string {
	return fmt.Sprintf("%s; %d to %d%s", r.About, r.Min, r.Max, r.orNone())
}

// LimitChange is an entry in the trail of limits: who changed what, in JSON.
type LimitChange struct {
	At     time.Time       `json:"at"`
	Actor  string          `json:"actor"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// SlowReason is why a request goes slower than it could. It is part of the REST
// contract and a label of metrics.
type SlowReason string

// Reasons, each for the limits that it names.
const (
	SlowLockWaits  SlowReason = "lock_waits"  // others wait for its locks: LimitLockWaiters
	SlowStatements SlowReason = "statements"  // its batches take long or time out: LimitBatchTime
	SlowSessions   SlowReason = "sessions"    // others are at work: LimitBusySessions
	SlowReplicaLag SlowReason = "replica_lag" // a standby is behind: LimitLagBytes, LimitLagTime
	SlowWAL        SlowReason = "wal_rate"    // the server writes much: LimitWAL
	SlowVacuum     SlowReason = "vacuum"      // dead rows pile up: LimitDeadRows
)

// SlowReasons has all of them, in the order in which they are told.
var SlowReasons = []SlowReason{SlowLockWaits, SlowStatements, SlowSessions, SlowReplicaLag, SlowWAL, SlowVacuum}

// Pace is how fast a request deletes.
type Pace struct {
	Share    float64      // of its full speed, above 0 and at most 1
	SlowedBy []SlowReason // why it is below 1; never nil
}

// Pressure is how the database and those who work with it are doing.
type Pressure struct {
	Limits  Limits        // all of them, as they hold for the account
	SeenOn  time.Time     // by the database's clock
	OpenFor time.Duration // until the request's last batch may begin; below 0 if that is over
	// Nothing of standbys and sessions of others is shown to a role without
	// pg_read_all_stats: then Hidden is set, and theirs are 0.
	Hidden   bool
	WAL      int64 // position in bytes: the difference of two is what was written between
	LagBytes int64
	Lag      time.Duration
	Busy     int64 // sessions of others at work at this moment
	Near     int64 // that were within the last second
	Dead     int64 // rows of records beyond a tenth of the live ones
	Pace     Pace  // as it was recorded last, within some seconds; full speed otherwise
}

// Deleted is what one delete transaction did.
type Deleted struct {
	Records int
	Waiters int // sessions that waited for its locks just before it committed
}
