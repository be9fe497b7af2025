// Package offhours holds the nouns of the product: requests and their states,
// the range an admin picks, the windows in which work may run, outcomes,
// limits, the manifest of an export and the codes of every refusal. It imports
// the standard library alone, so every other package can speak in its terms.
//
// # Words
//
// Two words mean two things each in this product, so the code keeps them apart:
//
//   - A [Record] is the product's "activity" (a call, a visit, a document
//     collected) and a [RecordType] is its "activity type". The word activity
//     in Go names means Temporal's activities only. Labels, mails and CSV
//     headers keep the product's words.
//   - A [DateRange] is what an admin picks: records modified inside it stay.
//     It is resolved once to a [Selection] of absolute instants. A [Window] is
//     when work may run: the time outside an account's business hours.
//
// # Life of a request
//
//	In Queue ──► In Progress ──► Success
//	    │             └────────► Failed
//	    └───────► Revoked
//
// No other move exists; see [Status.CanMove].
package offhours
