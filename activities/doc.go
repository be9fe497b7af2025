// Package activities does the work of a request, one side effect a method. A
// method may run twice, at the same time as its own twin, or long after Temporal
// gave it up: every one of them either finds what was done recorded, or is fenced
// off by the database.
//
// What an activity needs of the outside stands in a small interface beside it;
// the worker joins it with the adapters. Inputs and results hold ids, counts,
// keys and digests only, because they stay in Temporal's histories.
package activities
