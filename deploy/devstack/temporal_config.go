package main

import (
	"net/url"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/testing/freeport"
	"go.temporal.io/server/temporal"
)

// unlimited is more than one machine does in a second.
const unlimited = 1_000_000

// dynamicConfig is where this server differs from a default one.
func (t *temporalServer) dynamicConfig() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// The product gives each account a fairness key; without this they are ignored.
		dynamicconfig.MatchingEnableFairness.Key(): t.fairness,
		// Thousands of requests at once are limited by the machine, not by a number:
		// what the server reads for itself would be refused first.
		dynamicconfig.FrontendPersistenceMaxQPS.Key(): unlimited,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():  unlimited,
		dynamicconfig.MatchingPersistenceMaxQPS.Key(): unlimited,
	}
}

func (t *temporalServer) options() []temporal.ServerOption {
	hosts := map[primitives.ServiceName]static.Hosts{}
	services := map[string]config.Service{}
	for _, name := range temporal.DefaultServices {
		port := t.port
		if name != string(primitives.FrontendService) {
			port = freeport.MustGetFreePort()
		}
		services[name] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: loopback}}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(address(port))
	}
	return []temporal.ServerOption{
		temporal.WithConfig(t.config(services)),
		temporal.ForServices(temporal.DefaultServices),
		// Found through the database, the members of a killed run would be
		// waited for.
		temporal.WithStaticHosts(hosts),
		temporal.WithDynamicConfigClient(t.dynamicConfig()),
		temporal.WithLogger(log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", OutputFile: t.log}))),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	}
}

func (t *temporalServer) config(services map[string]config.Service) *config.Config {
	const disabled = "disabled"
	return &config.Config{
		Services: services,
		Persistence: config.Persistence{
			DefaultStore:     sqlite.PluginName,
			VisibilityStore:  sqlite.PluginName,
			NumHistoryShards: 1, // cannot change once the file exists
			DataStores:       map[string]config.DataStore{sqlite.PluginName: {SQL: t.store()}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address(t.port)},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: address(t.port)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: disabled},
			Visibility: config.VisibilityArchival{State: disabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: disabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: disabled},
		}},
	}
}

// store is the SQLite file in a mode that survives the end of the process at
// any instruction; only a power failure can cost the last transactions.
func (t *temporalServer) store() *config.SQL {
	return store(t.file, map[string]string{"journal_mode": "wal", "synchronous": "normal", "busy_timeout": "10000"})
}

func store(file string, pragmas map[string]string) *config.SQL {
	attributes := map[string]string{"mode": "rwc"}
	for name, value := range pragmas {
		attributes[name] = value
	}
	return &config.SQL{
		PluginName:        sqlite.PluginName,
		DatabaseName:      (&url.URL{Path: file}).EscapedPath(), // it becomes part of an address
		ConnectAttributes: attributes,
	}
}
