package main

import (
	"context"
	"fmt"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

const uiLimit = 15 * time.Second

// temporalUI is the web page of Temporal, in this process.
type temporalUI struct {
	port      int
	temporal  string // host:port
	namespace string

	server *server.Server
}

func (u *temporalUI) start(ctx context.Context) error {
	u.server = server.NewServer(server_options.WithConfigProvider(&config.Config{
		TemporalGRPCAddress: u.temporal,
		Host:                loopback,
		Port:                u.port,
		EnableUI:            true,
		DefaultNamespace:    u.namespace,
		DisableNewsFetch:    true, // asks nothing of the Internet
		HideLogs:            true,
		CORS:                config.CORS{CookieInsecure: true}, // there is no TLS here
	}))
	failed := make(chan struct{})
	go func() {
		// It ends the process when it cannot listen, which was tried before.
		_ = u.server.Start()
		close(failed)
	}()
	return poll(ctx, "the Temporal page", uiLimit, failed, func(ctx context.Context) error {
		return getOK(ctx, u.url()+"/healthz")
	})
}

func (u *temporalUI) stop() {
	if u.server != nil {
		u.server.Stop()
	}
}

func (u *temporalUI) url() string { return fmt.Sprintf("http://%s", address(u.port)) }
