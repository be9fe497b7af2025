package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is what lies between the workers and their servers.
type network struct {
	postgres, temporal *toxiproxy.Proxy
}

// connect puts a proxy in front of both servers and returns the environment of a
// worker behind it.
func connect(env map[string]string) (n *network, differs map[string]string, err error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	_, rest, _ := strings.Cut(env["DATABASE_URL"], "@")
	database, _, _ := strings.Cut(rest, "/")
	n = &network{
		postgres: toxiproxy.NewProxy(server, "postgres", "127.0.0.1:0", database),
		temporal: toxiproxy.NewProxy(server, "temporal", "127.0.0.1:0", env["TEMPORAL_ADDRESS"]),
	}
	for _, proxy := range []*toxiproxy.Proxy{n.postgres, n.temporal} {
		if err := proxy.Start(); err != nil {
			return nil, nil, fmt.Errorf("start the proxy of %s: %w", proxy.Name, err)
		}
	}
	return n, map[string]string{
		"DATABASE_URL":     strings.Replace(env["DATABASE_URL"], database, n.postgres.Listen, 1),
		"TEMPORAL_ADDRESS": n.temporal.Listen,
	}, nil
}

func (n *network) close() {
	n.postgres.Stop()
	n.temporal.Stop()
}

// poison makes the way to a server bad for a while.
func (n *network) poison(ctx context.Context, f fault) error {
	proxy := n.postgres
	if f.dice>>8%2 == 0 {
		proxy = n.temporal
	}
	stream := "upstream"
	if f.dice>>9%2 == 0 {
		stream = "downstream"
	}
	toxic := map[string]any{"name": "chaos", "stream": stream, "toxicity": 1.0}
	switch f.kind {
	case cutNetwork: // after so many bytes of each connection, also in the middle of a statement
		toxic["type"], toxic["attributes"] = "limit_data", map[string]any{"bytes": 100 + f.dice%200_000}
	case slowNetwork:
		toxic["type"], toxic["attributes"] = "latency", map[string]any{"latency": 50 + f.dice%400, "jitter": 50}
	case resetNetwork:
		toxic["type"], toxic["attributes"] = "reset_peer", map[string]any{"timeout": f.dice % 200}
	case muteNetwork: // nothing comes through, and nobody is told
		toxic["type"], toxic["attributes"] = "timeout", map[string]any{"timeout": 0}
	}
	text, err := json.Marshal(toxic)
	if err != nil {
		return err
	}
	if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
		return fmt.Errorf("make the way to %s bad: %w", proxy.Name, err)
	}
	pause(ctx, f.length)
	mend, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := proxy.Toxics.RemoveToxic(mend, "chaos"); err != nil {
		return fmt.Errorf("mend the way to %s: %w", proxy.Name, err)
	}
	return nil
}
