package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is what lies between the workers and their servers. Its lane alone
// changes it.
type network struct {
	postgres, temporal *way
}

// way is the way to one server: a proxy at an address that stays the same. Each
// change of the weather is a new proxy, and cuts the connections of the old one,
// so that nothing waits for a toxic to leave connections that carry something.
type way struct {
	name, listen, upstream string
	proxy                  *toxiproxy.Proxy
}

// connect puts a proxy in front of both servers and returns the environment of a
// worker behind it.
func connect(env map[string]string) (n *network, differs map[string]string, err error) {
	_, rest, _ := strings.Cut(env["DATABASE_URL"], "@")
	database, _, _ := strings.Cut(rest, "/")
	n = &network{
		postgres: &way{name: "PostgreSQL", listen: "127.0.0.1:0", upstream: database},
		temporal: &way{name: "Temporal", listen: "127.0.0.1:0", upstream: env["TEMPORAL_ADDRESS"]},
	}
	for _, w := range []*way{n.postgres, n.temporal} {
		if err := w.open(nil); err != nil {
			return nil, nil, err
		}
	}
	return n, map[string]string{
		"DATABASE_URL":     strings.Replace(env["DATABASE_URL"], database, n.postgres.listen, 1),
		"TEMPORAL_ADDRESS": n.temporal.listen,
	}, nil
}

// open lets connections through, with a toxic in each, if there is one.
func (w *way) open(toxic map[string]any) error {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	w.proxy = toxiproxy.NewProxy(server, w.name, w.listen, w.upstream)
	if toxic != nil {
		text, err := json.Marshal(toxic)
		if err != nil {
			return err
		}
		if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
			return fmt.Errorf("make the way to %s bad: %w", w.name, err)
		}
	}
	if err := w.proxy.Start(); err != nil {
		return fmt.Errorf("open the way to %s: %w", w.name, err)
	}
	w.listen = w.proxy.Listen
	return nil
}

func (n *network) close() {
	n.postgres.proxy.Stop()
	n.temporal.proxy.Stop()
}

// poison makes the way to a server bad for a while.
func (n *network) poison(ctx context.Context, f fault) error {
	w := n.postgres
	if f.dice>>8%2 == 0 {
		w = n.temporal
	}
	w.proxy.Stop()
	if err := w.open(toxicOf(f)); err != nil {
		return err
	}
	pause(ctx, f.length)
	w.proxy.Stop()
	return w.open(nil)
}

// toxicOf is a fault in the words of toxiproxy.
func toxicOf(f fault) map[string]any {
	toxic := map[string]any{"name": "chaos", "stream": "upstream", "toxicity": 1.0}
	if f.dice>>9%2 == 0 {
		toxic["stream"] = "downstream"
	}
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
	return toxic
}
