package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"go.temporal.io/server/common/testing/freeport"
)

const loopback = "127.0.0.1"

// claim is a port and the part that will listen on it.
type claim struct {
	part string // of --only
	name string // for people
	flag string
	port *int
}

func (s *settings) claims() []claim {
	p := &s.ports
	return []claim{
		{partPostgres, "PostgreSQL", "--postgres-port", &p.postgres},
		{partTemporal, "the Temporal server", "--temporal-port", &p.temporal},
		{partUI, "the Temporal page", "--ui-port", &p.ui},
		{partOIDC, "the OIDC provider", "--oidc-port", &p.oidc},
		{partOIDC, "the sign-in", "--login-port", &p.login},
		{partAPI, "the API", "--api-port", &p.api},
	}
}

// settlePorts refuses ports that are taken, all of them in one error, and then
// replaces every 0 by a free port. It runs before anything is started: half a
// stack that fails on its last port helps nobody.
func (s *settings) settlePorts() error {
	var errs []error
	owners := map[int]claim{}
	for _, c := range s.claims() {
		if *c.port == 0 || !s.runs(c.part) {
			continue
		}
		if other, twice := owners[*c.port]; twice {
			errs = append(errs, fmt.Errorf("port %d is asked for by both %s and %s: change %s or %s",
				*c.port, other.name, c.name, other.flag, c.flag))
			continue
		}
		owners[*c.port] = c
		errs = append(errs, c.probe())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, c := range s.claims() {
		for *c.port == 0 {
			free := freeport.MustGetFreePort()
			if _, taken := owners[free]; !taken {
				*c.port = free
				owners[free] = c
			}
		}
	}
	return nil
}

// probe listens on the port for a moment.
func (c claim) probe() error {
	listener, err := net.Listen("tcp", address(*c.port))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d is in use and %s wants it: stop what listens there, or choose another port with %s (0 finds a free one)",
			*c.port, c.name, c.flag)
	case err != nil:
		return fmt.Errorf("port %d, which %s wants, cannot be used: %w; choose another port with %s", *c.port, c.name, err, c.flag)
	}
	return listener.Close()
}

// address is the port on this machine as host:port.
func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
