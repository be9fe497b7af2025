package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

func TestSettlePorts_ChoosesDifferentFreePorts(t *testing.T) {
	t.Parallel()
	s := settings{parts: allParts}
	if err := s.settlePorts(); err != nil {
		t.Fatal(err)
	}
	seen := map[int]string{}
	for _, c := range s.claims() {
		if *c.port == 0 {
			t.Errorf("%s has no port", c.name)
		}
		if other, twice := seen[*c.port]; twice {
			t.Errorf("%s and %s both got %d", other, c.name, *c.port)
		}
		seen[*c.port] = c.name
	}
}

func TestSettlePorts_NamesPortOwnerAndFlag(t *testing.T) {
	t.Parallel()
	first, second := occupy(t), occupy(t)
	s := settings{parts: allParts, ports: ports{postgres: first, temporal: second}}
	err := s.settlePorts()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		fmt.Sprintf("port %d is in use and PostgreSQL wants it", first), "--postgres-port",
		fmt.Sprintf("port %d is in use and the Temporal server wants it", second), "--temporal-port",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
}

func TestSettlePorts_DoesNotMindPortsOfPartsThatDoNotRun(t *testing.T) {
	t.Parallel()
	s := settings{parts: []string{partPostgres}, ports: ports{api: occupy(t)}}
	if err := s.settlePorts(); err != nil {
		t.Fatal(err)
	}
}

func TestSettlePorts_RefusesOnePortForTwoParts(t *testing.T) {
	t.Parallel()
	free := occupyBriefly(t)
	s := settings{parts: allParts, ports: ports{oidc: free, login: free}}
	err := s.settlePorts()
	if err == nil || !strings.Contains(err.Error(), "--oidc-port or --login-port") {
		t.Fatalf("error %v, want one that names both flags", err)
	}
}

func TestSettlePorts_RefusesNumbersThatAreNoPort(t *testing.T) {
	t.Parallel()
	for _, number := range []int{-1, 65536} {
		s := settings{parts: allParts, ports: ports{ui: number}}
		if err := s.settlePorts(); err == nil || !strings.Contains(err.Error(), "--ui-port") {
			t.Errorf("port %d: error %v, want one that names --ui-port", number, err)
		}
	}
}

// occupy listens on a port until the test ends.
func occupy(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().(*net.TCPAddr).Port
}

// occupyBriefly returns a port that was free a moment ago.
func occupyBriefly(t *testing.T) int {
	t.Helper()
	s := settings{}
	if err := s.settlePorts(); err != nil {
		t.Fatal(err)
	}
	return s.ports.api
}
