# Grannbud. `make help` lists the targets. One non-recursive makefile; every variant builds under build/<variant>/.
.DEFAULT_GOAL := all
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
ifeq ($(V),)
.SILENT:
endif
.SUFFIXES:
# As many jobs as there are processors, unless the caller says (make -j1).
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

VERSION := 0.1.0
VARIANT ?= release
CC := gcc
BUILD := $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))
PYTHON := /usr/bin/python3

# --- flags -----------------------------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Wcast-align \
	-Wpointer-arith -Wwrite-strings -Wundef -Wnull-dereference -Werror
WARN_gcc := -Wimplicit-fallthrough=5 -Wduplicated-cond -Wlogical-op
# assert(!"why") is an idiom.
WARN_clang := -Wimplicit-fallthrough -Wno-string-conversion
# gcc's flow-based warnings err in instrumented code; the release and clang builds have them.
NOFLOW := -Wno-format-truncation -Wno-maybe-uninitialized -Wno-null-dereference -Wno-stringop-overflow \
	-Wno-stringop-overread -Wno-stringop-truncation -Wno-array-bounds
WARN_asan := $(NOFLOW)
WARN_tsan := $(NOFLOW)
WARN_coverage := $(NOFLOW)
HARDEN := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -fcf-protection
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack
OPT_release := -O2 -g $(HARDEN)
OPT_clang := -O2 -g $(HARDEN)
OPT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
OPT_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
OPT_coverage := -O0 -g --coverage
LD_release := $(HARDEN_LD)
LD_clang := $(HARDEN_LD)
LD_asan := -fsanitize=address,undefined
LD_tsan := -fsanitize=thread
LD_fuzz := -fsanitize=fuzzer,address,undefined
LD_coverage := --coverage
ifneq ($(filter fuzz clang,$(VARIANT)),)
CC := clang
endif
COMPILER := $(if $(findstring clang,$(CC)),clang,gcc)

# Libraries' headers are system headers: our warnings are for our code.
LLHTTP_C := /usr/share/llhttp
LLHTTP_H := /usr/share/include/llhttp
LLHTTP_FLAGS = -O2 -g -fPIE -w -DLLHTTP_STRICT_MODE=1 $(filter -fsanitize%,$(OPT_$(VARIANT))) -isystem $(LLHTTP_H)
CPPFLAGS := -D_GNU_SOURCE -DGRANNBUD_VERSION='"$(VERSION)"' -Iinclude -Idaemon -Itests -I$(BUILD)/gen -isystem $(LLHTTP_H)
CFLAGS = -std=c11 $(OPT_$(VARIANT)) $(WARN) $(WARN_$(COMPILER)) $(WARN_$(VARIANT)) -pthread -MMD -MP
LDFLAGS = $(LD_$(VARIANT)) -pthread -Wl,--as-needed
LIBS_DAEMON := -luv -lcurl -lsqlite3 -linih -ljansson -lcmark -lsodium -lcsv -lidn2 -lunistring -lssl -lcrypto -lm
LIBS_CLI := $(LIBS_DAEMON)

# --- sources ---------------------------------------------------------------------------------------------------------
LAYERS := base store net core deliver inbound http cli
LIB_SRC := $(wildcard $(foreach l,$(LAYERS),daemon/$l/*.c))
MAIN_SRC := daemon/main.c $(wildcard daemon/main/*.c)
CLI_MAIN := daemon/cli/main.c
LIB_SRC := $(filter-out $(CLI_MAIN),$(LIB_SRC))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
LLHTTP_OBJ := $(addprefix $(BUILD)/obj/llhttp/,llhttp.o api.o http.o)
TESTLIB_SRC := $(wildcard tests/lib/*.c)
TESTLIB_OBJ := $(TESTLIB_SRC:%.c=$(BUILD)/obj/%.o)
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/bin/%)
BENCH_SRC := $(wildcard tests/bench/bench_*.c)
BENCH_BIN := $(BENCH_SRC:tests/bench/%.c=$(BUILD)/bench/%)
# Programs that a benchmark is measured against.
PEER_SRC := $(filter-out $(BENCH_SRC),$(wildcard tests/bench/*.c))
PEER_BIN := $(PEER_SRC:tests/bench/%.c=$(BUILD)/bench/%)
# One part of the benchmarks each; they share common.py.
BENCH_PY := $(filter-out tests/bench/common.py,$(sort $(wildcard tests/bench/*.py)))
SQL_SRC := $(sort $(wildcard daemon/store/sql/*.sql))
SCHEMA_SRC := $(sort $(wildcard daemon/store/schema/*.sql))
GEN := $(BUILD)/gen/queries.inc $(BUILD)/gen/schema.inc

# --- programs --------------------------------------------------------------------------------------------------------
.PHONY: all
all: $(BUILD)/grannbudd $(BUILD)/grannbud ## build/grannbudd and build/grannbud

$(BUILD)/grannbudd: $(MAIN_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/libgrannbud.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON)

$(BUILD)/grannbud: $(BUILD)/obj/daemon/cli/main.o $(BUILD)/libgrannbud.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CLI)

$(BUILD)/libgrannbud.a: $(LIB_OBJ) $(LLHTTP_OBJ) $(BUILD)/.sources
	@rm -f $@
	ar rcs $@ $(filter %.o,$^)

# What no time stamp shows: other flags, or a file that went away. Each stamp changes only when its text does.
$(BUILD)/.flags: STAMP = $(CC) $(CPPFLAGS) $(CFLAGS) $(LLHTTP_FLAGS)
$(BUILD)/.sources: STAMP = $(LIB_SRC) $(TESTLIB_SRC)
$(BUILD)/.sql: STAMP = $(SQL_SRC) $(SCHEMA_SRC)
$(BUILD)/.flags $(BUILD)/.sources $(BUILD)/.sql: always
	@mkdir -p $(@D)
	@cmp -s $@ - <<<'$(subst ','\'',$(STAMP))' || cat >$@ <<<'$(subst ','\'',$(STAMP))'
.PHONY: always
always:

$(BUILD)/obj/%.o: %.c $(BUILD)/.flags | $(GEN) deps-quick
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# A rule without commands: on a fresh machine the files come with `deps`, after make has looked for them.
$(LLHTTP_OBJ:$(BUILD)/obj/llhttp/%.o=$(LLHTTP_C)/%.c): | deps-quick ;

$(BUILD)/obj/llhttp/%.o: $(LLHTTP_C)/%.c $(BUILD)/.flags | deps-quick
	@mkdir -p $(@D)
	$(CC) $(LLHTTP_FLAGS) -c -o $@ $<

# The SQL lives in .sql files with comments; the programs carry it as text.
$(BUILD)/gen/queries.inc: $(SQL_SRC) $(BUILD)/.sql daemon/store/sql2c.awk
	@mkdir -p $(@D)
	awk -f daemon/store/sql2c.awk -v mode=queries $(SQL_SRC) > $@
$(BUILD)/gen/schema.inc: $(SCHEMA_SRC) $(BUILD)/.sql daemon/store/sql2c.awk
	@mkdir -p $(@D)
	awk -f daemon/store/sql2c.awk -v mode=schema $(SCHEMA_SRC) > $@

# --- tests -----------------------------------------------------------------------------------------------------------
# An archive: a test or fuzzer links only the helpers that it calls.
$(BUILD)/libtest.a: $(TESTLIB_OBJ) $(BUILD)/.sources
	@rm -f $@
	ar rcs $@ $(filter %.o,$^)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libtest.a $(BUILD)/libgrannbud.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON) -lcmocka

# The simulation: the daemon's objects with a clock, noise and store requests of the test's own.
SIM_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/sim/main.c tests/sim/test_%.c,$(wildcard tests/sim/*.c)))
SIM_BIN := $(BUILD)/tests/sim/sim $(BUILD)/tests/sim/test_sim
SIM_LD := -Wl,--wrap=store_write,--wrap=store_write_later,--wrap=store_read

$(BUILD)/tests/sim/sim: $(BUILD)/obj/tests/sim/main.o
$(BUILD)/tests/sim/test_sim: $(BUILD)/obj/tests/sim/test_sim.o
$(SIM_BIN): $(SIM_OBJ) $(BUILD)/libtest.a $(BUILD)/libgrannbud.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SIM_LD) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_DAEMON) -lcmocka

.PHONY: sim
sim: $(BUILD)/tests/sim/sim ## virtual days of faults; SEED=1 RUNS=100 HOURS=24 ONLY=rc, TRACE=1 prints every event
	$< --seed $(or $(SEED),1) --runs $(or $(RUNS),$(if $(SEED),1,100)) --hours $(or $(HOURS),24) $(if $(ONLY),--only $(ONLY)) $(if $(TRACE),--trace)

# Small programs that the system tests run: our code on one side, readers nobody here wrote on the other.
TOOL_BIN := $(patsubst tests/lib/tools/%.c,$(BUILD)/tests/tools/%,$(wildcard tests/lib/tools/*.c))
.PHONY: tools
tools: $(TOOL_BIN)

# Below what it names: make expands prerequisites where it reads them.
.PHONY: units
units: $(UNIT_BIN) $(SIM_BIN) all tools

$(BUILD)/tests/tools/%: $(BUILD)/obj/tests/lib/tools/%.o $(BUILD)/libgrannbud.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON) $(LIBS_TOOL)

# Only this reader needs GMime, and only its own recipes ask pkg-config.
gmime_flags = $(subst -I,-isystem ,$(shell pkg-config --$1 gmime-3.0))
$(BUILD)/obj/tests/lib/tools/gmime_dump.o: private CFLAGS += $(call gmime_flags,cflags)
$(BUILD)/tests/tools/gmime_dump: private LIBS_TOOL = $(call gmime_flags,libs)
build/lint/tidy/tests/lib/tools/gmime_dump.ok: private TIDY_FLAGS = $(call gmime_flags,cflags)

# T=core/test_schedule needs only its own program, a system test needs the daemon.
ifneq ($(T),)
CHECK_NEEDS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/$(T).c)) $(if $(filter sim/%,$(T)),$(SIM_BIN)) $(if $(filter system/%,$(T)),all tools)
endif
CHECK_NEEDS ?= units
RUN_TESTS = $(PYTHON) tests/run.py --build $(BUILD) $(if $(T),--test '$(T)') $(if $(F),--filter '$(F)')

.PHONY: check check-built check-sql
check: deps-test check-built ## every test; T=core/test_schedule one program, T=system/test_x one file, F='due*' one function

check-built: $(CHECK_NEEDS)
	$(RUN_TESTS)

check-sql: ## prepares every SQL statement against the schema
	+$(MAKE) --no-print-directory check T=store/test_store F='migrate_to*'

.PHONY: demo
demo: deps all ## the main job on a scratch directory; KEEP=1 leaves it running
	tests/demo/run

.PHONY: asan tsan coverage
asan: deps-test ## all tests with AddressSanitizer and UBSan, in build/asan
	+$(MAKE) --no-print-directory VARIANT=asan check-built

tsan: deps-test ## all tests with ThreadSanitizer, in build/tsan
	+$(MAKE) --no-print-directory VARIANT=tsan check-built

coverage: deps-lint deps-test ## line and branch coverage of all tests: summary, and build/coverage/html/index.html
	+$(MAKE) --no-print-directory VARIANT=coverage coverage-built

.PHONY: coverage-built
coverage-built: units
	find $(BUILD)/obj -name '*.gcda' -delete
	failed=0; $(PYTHON) tests/run.py --build $(BUILD) || failed=1; mkdir -p $(BUILD)/html; \
	gcovr --root . --object-directory $(BUILD)/obj --filter daemon/ --exclude-throw-branches \
		--html-details $(BUILD)/html/index.html --print-summary --txt $(BUILD)/coverage.txt && \
	echo "details: $(BUILD)/html/index.html, $(BUILD)/coverage.txt"; exit $$failed

# --- fuzzing ---------------------------------------------------------------------------------------------------------
FUZZ_S ?= 10
.PHONY: fuzz fuzz-built
fuzz: deps-lint ## every parser under libFuzzer for FUZZ_S seconds each (10); FUZZ=csv one of them
	+$(MAKE) --no-print-directory VARIANT=fuzz fuzz-built

fuzz-built: $(FUZZ_BIN)
	tests/fuzz/run $(FUZZ_S) $(if $(FUZZ),fuzz_$(FUZZ),$(notdir $(FUZZ_BIN)))

$(BUILD)/bin/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/libtest.a $(BUILD)/libgrannbud.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON) -lcmocka

# --- benchmarks ------------------------------------------------------------------------------------------------------
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libtest.a $(BUILD)/libgrannbud.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON) -lcmocka

.PHONY: bench
bench: deps-bench all $(BENCH_BIN) $(PEER_BIN) ## the benchmarks, one line a figure; T=throughput one of them
	for b in $(if $(T),$(filter %/$(T) %/bench_$(T),$(BENCH_BIN)),$(BENCH_BIN)); do $$b || exit 1; done
	for b in $(if $(T),$(filter %/$(T).py,$(BENCH_PY)),$(BENCH_PY)); do GRANNBUD_BIN=$(CURDIR)/$(BUILD) $(PYTHON) $$b || exit 1; done

# --- lint ------------------------------------------------------------------------------------------------------------
LINT_C := $(LIB_SRC) $(MAIN_SRC) $(CLI_MAIN) $(TESTLIB_SRC) $(UNIT_SRC) $(FUZZ_SRC) $(BENCH_SRC) $(PEER_SRC) $(wildcard tests/lib/tools/*.c tests/sim/*.c)
LINT_H := $(wildcard include/*/*.h daemon/*/*.h tests/lib/*.h tests/sim/*.h)
SCRIPTS := $(wildcard .ci/run tests/*/run tests/*/*.sh conf/*.sh)
LINT_SH = $(shell grep -lE '^\#!.*\<(ba)?sh\>' $(SCRIPTS)) $(wildcard conf/completion/*.bash)
LINT_PY = $(wildcard tests/*.py tests/*/*.py) $(shell grep -lE '^\#!.*\<python3\>' $(SCRIPTS))

# Stamps under build/lint make the second run quick. The clang objects know which headers a file has read, so the
# stamps of clang-tidy lean on them.
.PHONY: lint lint-all lint-gcc lint-clang lint-clang-built lint-cppcheck lint-format lint-rules lint-scripts
lint: deps-lint ## both compilers, clang-tidy, cppcheck, clang-format, shellcheck, our own rules
	+$(MAKE) --no-print-directory --keep-going lint-all && echo "lint: clean"

lint-all: lint-gcc lint-clang lint-cppcheck lint-format lint-rules lint-scripts

lint-gcc: $(LINT_C:%.c=$(BUILD)/obj/%.o) | deps-lint

lint-clang: deps-lint
	+$(MAKE) --no-print-directory VARIANT=clang lint-clang-built

lint-clang-built: $(LINT_C:%.c=build/lint/tidy/%.ok) $(LINT_H:%.h=build/lint/header/%.ok)

build/lint/tidy/%.ok: %.c $(BUILD)/obj/%.o .clang-tidy
	@mkdir -p $(@D)
	out=$$(clang-tidy --quiet $< -- -std=c11 $(CPPFLAGS) $(TIDY_FLAGS) 2>&1) || { echo "$$out" | grep -v 'warnings generated'; exit 1; }
	@touch $@

# A header must compile alone, with both compilers.
build/lint/header/%.ok: %.h | $(GEN) deps-lint
	@mkdir -p $(@D)
	echo '#include "$<"' | gcc -I. $(CPPFLAGS) -std=c11 $(WARN) $(WARN_gcc) -fsyntax-only -MMD -MP -MT $@ -MF $@.d -x c -
	echo '#include "$<"' | clang -I. $(CPPFLAGS) -std=c11 $(WARN) $(WARN_clang) -fsyntax-only -x c -
	@touch $@

lint-cppcheck: $(GEN) | deps-lint
	@mkdir -p build/lint/cppcheck
	cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --std=c11 -j2 \
		--suppressions-list=tests/lint/cppcheck.suppress --cppcheck-build-dir=build/lint/cppcheck --library=posix \
		--template='{file}:{line}: {message} [{id}]' $(filter -D% -I%,$(CPPFLAGS)) $(LINT_C)

lint-format: | deps-lint
	clang-format --dry-run -Werror $(LINT_C) $(LINT_H)

lint-rules: | deps
	for t in tests/lint/test_*.py; do out=$$($(PYTHON) $$t 2>&1) || { echo "$$out"; exit 1; }; done
	$(PYTHON) tests/lint/check.py
	tests/lib/tools/openapi.py | diff -u conf/openapi.json - || { echo "conf/openapi.json: tests/lib/tools/openapi.py > conf/openapi.json"; exit 1; }

lint-scripts: | deps-lint
	shellcheck --shell=bash $(LINT_SH)
	PYTHONPYCACHEPREFIX=build/lint/pyc $(PYTHON) -W error -m py_compile $(LINT_PY)
	pyflakes3 $(LINT_PY)

.PHONY: format
format: deps-lint ## clang-format -i on all C
	clang-format -i $(LINT_C) $(LINT_H)

# --- installation ----------------------------------------------------------------------------------------------------
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
INSTALL := install
AREAS := $(wildcard conf/areas/*)
TEMPLATES := $(wildcard conf/templates/*)
# The units carry the paths of a Debian package; here they get ours.
UNIT_PATHS := -e 's|/usr/sbin/|$(PREFIX)/sbin/|g' -e 's|/usr/share/|$(PREFIX)/share/|g' -e 's|/etc/grannbud|$(SYSCONFDIR)/grannbud|g'
# source:destination:mode; what `install` puts there and `uninstall` takes away.
INSTALL_MAP := \
	$(BUILD)/grannbudd:$(PREFIX)/sbin/grannbudd:755 \
	$(BUILD)/grannbud:$(PREFIX)/bin/grannbud:755 \
	conf/grannbud.conf:$(PREFIX)/share/grannbud/grannbud.conf:644 \
	systemd/grannbudd.service:$(PREFIX)/lib/systemd/system/grannbudd.service:644 \
	systemd/grannbud.sysusers:$(PREFIX)/lib/sysusers.d/grannbud.conf:644 \
	systemd/grannbud.tmpfiles:$(PREFIX)/lib/tmpfiles.d/grannbud.conf:644 \
	$(foreach f,$(wildcard README.md),$f:$(PREFIX)/share/doc/grannbud/$f:644) \
	LICENSE:$(PREFIX)/share/doc/grannbud/LICENSE:644 \
	$(foreach f,$(wildcard conf/*.example),$f:$(PREFIX)/share/doc/grannbud/examples/$(notdir $f):644) \
	$(foreach f,$(AREAS),$f:$(PREFIX)/share/grannbud/areas/$(notdir $f):644) \
	$(foreach f,$(TEMPLATES),$f:$(PREFIX)/share/grannbud/templates/$(notdir $f):644) \
	$(foreach f,$(wildcard conf/completion/grannbud.bash),$f:$(PREFIX)/share/bash-completion/completions/grannbud:644)

.PHONY: install uninstall
install: all ## into DESTDIR with PREFIX (/usr/local) and SYSCONFDIR (/etc); an existing configuration stays
	for row in $(INSTALL_MAP); do IFS=: read -r from to mode <<<"$$row"; \
		$(INSTALL) -D -m $$mode $$from "$(DESTDIR)$$to" || exit 1; \
		case $$from in systemd/*) sed -i $(UNIT_PATHS) "$(DESTDIR)$$to" ;; esac; done
	conf="$(DESTDIR)$(SYSCONFDIR)/grannbud/grannbud.conf"; \
	if [ -e "$$conf" ]; then echo "kept: $$conf (the new one: $(PREFIX)/share/grannbud/grannbud.conf)"; \
	else $(INSTALL) -D -m 644 conf/grannbud.conf "$$conf"; fi
	[ -n "$(DESTDIR)" ] || [ ! -d /run/systemd/system ] || \
		echo "then, as root: systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload && systemctl enable --now grannbudd"

uninstall: ## removes what install put there; configuration and data stay
	for row in $(INSTALL_MAP); do IFS=: read -r from to mode <<<"$$row"; rm -f "$(DESTDIR)$$to"; done
	@rmdir "$(DESTDIR)$(PREFIX)/share/grannbud"/* "$(DESTDIR)$(PREFIX)/share/doc/grannbud/examples" "$(DESTDIR)$(PREFIX)/share/grannbud" \
		"$(DESTDIR)$(PREFIX)/share/doc/grannbud" 2>/dev/null || true

# --- packages --------------------------------------------------------------------------------------------------------
# Debian 12. Several lists, so that building and the demo ask for no more than they need.
PKG_BUILD := gcc make libc6-dev libuv1-dev libcurl4-openssl-dev libsqlite3-dev libinih-dev libjansson-dev libcmark-dev \
	libsodium-dev libcsv-dev libidn2-dev libunistring-dev libssl-dev node-llhttp libcmocka-dev \
	python3 procps systemd tzdata openssl faketime pkg-config libgmime-3.0-dev libemail-mime-perl libemail-address-xs-perl
PKG_TEST := postfix dovecot-imapd dovecot-lmtpd prometheus strace iproute2 libxml2-utils python3-feedparser python3-icalendar
PKG_BENCH := mlmmj nginx-light
PKG_LINT := clang clang-tidy clang-format cppcheck libclang-rt-14-dev gcovr shellcheck pyflakes3

# $(call missing,PACKAGES): those that are not installed, one a line; none where there is no dpkg.
missing = comm -23 <(printf '%s\n' $1 | sort -u) \
	<(dpkg-query -W -f='$${db:Status-Status} $${Package}\n' $1 2>/dev/null | sed -n 's/^installed //p' | sort -u)
define install-missing
command -v dpkg-query >/dev/null || exit 0; \
need=$$($(call missing,$1)); [ -n "$$need" ] || exit 0; \
echo "installing:" $$need; \
as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
$$as_root apt-get update -qq && \
$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends $$need </dev/null >/dev/null
endef

.PHONY: deps deps-test deps-bench deps-lint deps-quick
deps: ## installs the Debian packages that building and the demo need
	$(call install-missing,$(PKG_BUILD))

# The real peers of the tests: a relay with its login, Prometheus' reader.
deps-test: deps
	$(call install-missing,$(PKG_TEST))

# The list server and the web server that benchmarks run against.
deps-bench: deps-test
	$(call install-missing,$(PKG_BENCH))

deps-lint: deps
	$(call install-missing,$(PKG_LINT))

# Before the first compilation: wait for `deps` where it is wanted, else say what is missing.
ifneq ($(filter check check-sql demo asan tsan fuzz bench lint format coverage,$(MAKECMDGOALS)),)
deps-quick: deps
else
deps-quick:
	command -v dpkg-query >/dev/null || exit 0; \
	need=$$($(call missing,$(PKG_BUILD))); [ -z "$$need" ] || \
	{ echo "make: these Debian packages are missing: run 'make deps':" $$need >&2; exit 1; }
endif

# --- the rest --------------------------------------------------------------------------------------------------------
.PHONY: clean help
clean: ## removes build/
	rm -rf build

help: ## this list
	@echo "make [V=1 shows the commands] [VARIANT=release|clang|asan|tsan|fuzz|coverage] TARGET"
	@sed -nE 's/^([a-z][a-z-]*):[^#]*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | sort | while IFS=$$'\t' read -r name text; \
		do printf '  %-12s %s\n' "$$name" "$$text"; done

.SECONDARY:
-include $(shell find $(BUILD)/obj build/lint/header -name '*.d' 2>/dev/null)
