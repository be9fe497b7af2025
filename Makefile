# Offhours: `make help` lists what there is.

SHELL := /bin/bash
TOOL := go tool -modfile=deploy/tools/go.mod
# With what is embedded: migrations, mail templates and the contract.
GO_FILES := $(shell find . \( -name '*.go' -o -name '*.sql' -o -name '*.tmpl' -o -name '*.yaml' \) -not -path './deploy/devstack/*' -not -path './deploy/tools/*' -not -path '*/node_modules/*') go.mod go.sum
DEVSTACK_FILES := $(wildcard deploy/devstack/*.go) deploy/devstack/go.mod deploy/devstack/go.sum
COMMANDS := api worker starter migrate load demo probe chaos bench
# Static, as in the image: what the tests run is what is deployed.
PRODUCT_BUILD := CGO_ENABLED=0 go build -trimpath
# The page. With npm it is built into the API; without it the API says so at "/".
WEB_FILES := $(shell find api/web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/e2e/*' -not -name '*.go')
PAGE := $(if $(shell command -v npm),api/web/dist/index.html)
CSV ?= deploy/load/sample.csv
DURATION ?= 10m
SEED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build web run demo chaos sweep bench bench-neighbour bench-scale test mutants screenshots histories lint verify generate clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

build: $(COMMANDS:%=bin/%) bin/devstack ## build all commands into bin/

bin/api: $(PAGE)

bin/api bin/worker bin/starter: bin/%: $(GO_FILES)
	$(PRODUCT_BUILD) -o $@ ./$*

bin/migrate bin/load bin/demo bin/probe bin/chaos bin/bench: bin/%: $(GO_FILES)
	$(PRODUCT_BUILD) -o $@ ./deploy/$*

web: api/web/dist/index.html ## build the admin page that is embedded in bin/api; needs Node

api/web/dist/index.html: $(WEB_FILES) api/web/node_modules/.package-lock.json
	cd api/web && npm run --silent build

api/web/node_modules/.package-lock.json: api/web/package.json api/web/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node 20.19 or newer, with npm"; exit 1; }
	cd api/web && npm ci --no-progress

bin/devstack: $(DEVSTACK_FILES)
	@echo "Building the dev stack with its Temporal server: minutes the first time, seconds after that."
	cd deploy/devstack && go build -o ../../bin/devstack .

run: build ## run everything on this machine, with demo accounts and data; Ctrl-C stops it
	@bin/devstack --demo $(ARGS)

demo: build ## prove the main job on a stack of its own, headless; CSV=file imports that file
	@bin/demo --csv '$(CSV)' $(ARGS)

chaos: build ## try to lose a record: break everything around the product; DURATION=10m SEED=7 (0: a new one)
	@bin/chaos --duration '$(DURATION)' --seed '$(SEED)' $(ARGS)

bench: build ## measure Export & Delete beside psql and a plain loop, into bench/; ARGS='--reps 1 --sizes 20000' for less
	@bin/bench speed $(ARGS)

bench-neighbour: build ## measure what users of the CRM notice of a request: their p99 while it runs against that of the idle table
	@bin/bench neighbour $(ARGS)

bench-scale: build ## 2,000 accounts whose windows open at the same minute, and a heavy one; ARGS="--accounts 200" for less
	@bin/bench scale $(ARGS)

bin/gotestsum: deploy/tools/go.mod
	go build -modfile=deploy/tools/go.mod -o $@ gotest.tools/gotestsum

sweep: build ## end a program, or lose an answer, at every call after which something has changed; SEED=7 ARGS='--share 20'
	@bin/chaos --sweep --seed '$(SEED)' $(ARGS)

test: build web bin/gotestsum ## run every test, on real PostgreSQL and Temporal: Go's with the race detector, the page's in Chromium
	@deploy/withpostgres.sh deploy/test.sh $(ARGS)

mutants: bin/devstack ## take each guard against loss away and see a test fail; MUTANT=name for one
	@deploy/withpostgres.sh go run ./deploy/mutants $(MUTANT)

screenshots: build web ## take the pictures in docs/screenshots anew, in Chromium
	cd api/web && npx --no-install playwright test --config screenshots.config.ts

histories: build ## take the histories of the replay tests anew, from a real server, after an intended change of workflows
	@mkdir -p workflows/testdata/histories
	OFFHOURS_TEST_BIN=$(CURDIR)/bin go test ./deploy/e2e -run '^TestHistoriesAreTaken$$' -count=1 -histories $(CURDIR)/workflows/testdata/histories

lint: api/web/node_modules/.package-lock.json ## go vet, staticcheck, workflowcheck, gofmt; tsc, eslint, prettier
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	go vet ./...
	cd deploy/devstack && go vet ./...
	$(TOOL) staticcheck ./...
	$(TOOL) workflowcheck ./workflows/...
	cd api/web && npm run --silent lint

generate: api/web/node_modules/.package-lock.json ## write the generated code anew
	cd internal/postgres/internal/dbsqlc && go tool -modfile=../../../../deploy/tools/go.mod sqlc generate
	cd api/openapi && go tool -modfile=../../deploy/tools/go.mod oapi-codegen --config cfg.yaml openapi.yaml
	cd api/web && npm run --silent generate

verify: generate ## fail if generated code or module files are not current
	go mod tidy
	cd deploy/devstack && go mod tidy
	@git diff --exit-code -- go.mod go.sum deploy/devstack/go.mod deploy/devstack/go.sum internal/postgres/internal/dbsqlc api/openapi api/web/src/api/schema.gen.ts \
	  || { echo "generated files are not current: commit what changed above"; exit 1; }

clean: ## remove what was built and the dev stack's data
	rm -rf bin .offhours api/web/node_modules api/web/dist/index.html api/web/dist/favicon.svg api/web/dist/assets
