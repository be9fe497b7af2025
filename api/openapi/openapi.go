// Package openapi is the REST contract: openapi.yaml is written by hand, and
// what is generated from it makes the server's handlers fit.
package openapi

import _ "embed"

// Specification is openapi.yaml, as it is served.
//
//go:embed openapi.yaml
var Specification []byte
