# The commands of the project. They need Go, a C compiler for the race
# detector, Node 20 for the JavaScript clients, and apt-get or nginx, redis-cli and
# chromium; all else they fetch.

# How long each fuzz target is run, and how the benchmarks are.
FUZZTIME ?= 3s
BENCHFLAGS ?=

LINT = go tool -modfile=$(CURDIR)/.ci/tools/go.mod golangci-lint
DRIVERS = testdata/drivers

.PHONY: test parts build vet lint race fuzz drivers bench bench-peers docs
.NOTPARALLEL:

# test checks everything: the closing lines are those of the drivers' tests.
test: parts build vet lint race fuzz drivers

# parts installs the programs that tests run beside Fawn: nginx, redis-cli, chromium.
parts:
	.ci/parts

build:
	go build ./...

vet:
	go vet ./... ./$(DRIVERS)/dfx
	cd $(DRIVERS)/go && go vet ./...

# lint builds the linter from source the first time, in a minute or two.
lint:
	$(LINT) run ./... ./$(DRIVERS)/dfx
	cd $(DRIVERS)/go && $(LINT) run

race: parts
	go test -race ./...

fuzz:
	.ci/fuzz $(FUZZTIME)

# drivers runs the official drivers against a started server, and the clients
# of other services against their doors.
drivers: $(DRIVERS)/js/node_modules/.package-lock.json $(DRIVERS)/dfx/node_modules/.package-lock.json
	cd $(DRIVERS)/go && go test -v -count=1 ./...
	go test -race -v -count=1 ./$(DRIVERS)/dfx

$(DRIVERS)/%/node_modules/.package-lock.json: $(DRIVERS)/%/package-lock.json
	cd $(DRIVERS)/$* && npm ci --ignore-scripts

# bench measures the floor and Fawn in turn, and prints their ratio; then what
# the language costs by itself.
bench:
	go run ./cmd/bench $(BENCHFLAGS)
	go test -run '^$$' -bench 'Pure|Map|Parse' -benchmem ./query

# bench-peers measures Fawn beside other databases, and says which of them are
# not to be had: SQLite and PocketBase are fetched and built, PostgreSQL must be
# installed.
bench-peers:
	go run ./cmd/bench -peers -tokens 20000 -slice 1s $(BENCHFLAGS)

# docs writes the reference of the language; a test fails when it is not that
# of the table of functions.
docs:
	go run ./cmd/fawn docs query/reference
