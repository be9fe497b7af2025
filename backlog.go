package offhours

import "time"

// Backlog is what there is to do and what became of the rest, in all accounts
// together: for operators, never for users.
type Backlog struct {
	Requests       map[Status]int // of every status
	OldestQueued   time.Duration  // since the creation of the oldest request In Queue; 0 if there is none
	MostOverdue    time.Duration  // since a request In Queue should have started; 0 if none should have
	NoticesPending int
	OldestNotice   time.Duration // since the oldest pending notice was written; 0 if there is none
	NoticesGivenUp int
}
