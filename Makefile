# Foz: `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BUILD := dotnet build Foz.slnx --nologo -v quiet
RID = $(shell dotnet msbuild src/Foz.Cli -getProperty:NETCoreSdkPortableRuntimeIdentifier)

.PHONY: help demo demo-live test build format format-check bench soak sizes publish image release clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: ## Build Foz and run its main job on a sample company, no server needed
	@./foz demo

demo-live: ## Follow a PostgreSQL server on the screen: a generator writes, silver has each change at once
	@examples/live/demo

test: ## Install what the tests need and pass all of them (ONLY=TidyTests for one class)
ifdef ONLY
	@.ci/test-one $(ONLY)
else
	@.ci/install-test-tools
	@$(BUILD)
	@.ci/test
endif

build: ## Build everything with all analyzers (FAST=1 leaves them out)
	@$(BUILD) $(if $(FAST),-p:FAST=1)

format: ## Rewrite the sources in the house's format
	@dotnet format Foz.slnx --no-restore

format-check: ## Fail where a source is not in the house's format
	@dotnet format whitespace Foz.slnx --no-restore --verify-no-changes

bench: ## Measure every figure that docs/internals/benchmarks.md claims
	@dotnet run --project bench/Foz.Benchmarks -c Release -p:FAST=1 -- $(ARGS)

soak: ## The slow fault and crash tests
	@.ci/install-test-tools
	@$(BUILD)
	@FOZ_SOAK=1 .ci/test

sizes: ## Write the table of sizes in ARCHITECTURE.md
	@.ci/sizes

publish: ## A published foz for this machine, in artifacts/publish/foz (RID=win-x64 for another)
	@FAST=$(FAST) deploy/release/publish $(RID) artifacts/publish/foz

image: ## The container images of this machine, as archives in artifacts/image (RID=linux-arm64 for the other)
	@FAST=$(FAST) deploy/release/publish $(RID) artifacts/publish/foz
	@deploy/image/build $(RID) artifacts/publish/foz artifacts/image

release: ## All packages, in artifacts/release/packages (RIDS="linux-x64 osx-arm64" for some)
	@deploy/release/release $(RIDS)

clean: ## Delete what was built
	@rm -rf artifacts
