# Grannbud. `make help` lists the targets. One non-recursive makefile; every variant builds under build/<variant>/.
.DEFAULT_GOAL := all
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
ifeq ($(V),)
.SILENT:
endif
.SUFFIXES:

VERSION := 0.1.0
VARIANT ?= release
CC := gcc
BUILD := $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))

# --- flags -----------------------------------------------------------------------------------------------------------
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla -Wcast-align \
	-Wpointer-arith -Wwrite-strings -Wundef -Wnull-dereference -Werror
WARN_gcc := -Wimplicit-fallthrough=5 -Wduplicated-cond -Wlogical-op
WARN_clang := -Wimplicit-fallthrough
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
CPPFLAGS := -D_GNU_SOURCE -DGRANNBUD_VERSION='"$(VERSION)"' -Iinclude -Idaemon -Itests -I$(BUILD)/gen -isystem $(LLHTTP_H)
CFLAGS = -std=c11 $(OPT_$(VARIANT)) $(WARN) $(WARN_$(COMPILER)) -pthread -MMD -MP
LDFLAGS = $(LD_$(VARIANT)) -pthread -Wl,--as-needed
LIBS_DAEMON := -luv -lcurl -lsqlite3 -linih -ljansson -lcmark -lical -lsodium -lcsv -lidn2 -lunistring -lssl -lcrypto -lm
LIBS_CLI := $(LIBS_DAEMON)

# --- sources ---------------------------------------------------------------------------------------------------------
LAYERS := base store core deliver http cli
LIB_SRC := $(wildcard $(foreach l,$(LAYERS),daemon/$l/*.c))
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
SQL_SRC := $(sort $(wildcard daemon/store/sql/*.sql))
SCHEMA_SRC := $(sort $(wildcard daemon/store/schema/*.sql))
GEN := $(BUILD)/gen/queries.inc $(BUILD)/gen/schema.inc

# --- programs --------------------------------------------------------------------------------------------------------
.PHONY: all
all: $(BUILD)/grannbudd $(BUILD)/grannbud ## build/grannbudd and build/grannbud

$(BUILD)/grannbudd: $(BUILD)/obj/daemon/main.o $(BUILD)/libgrannbud.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON)

$(BUILD)/grannbud: $(BUILD)/obj/daemon/cli/main.o $(BUILD)/libgrannbud.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CLI)

$(BUILD)/libgrannbud.a: $(LIB_OBJ) $(LLHTTP_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/%.o: %.c $(GEN) | deps-quick
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/obj/llhttp/%.o: $(LLHTTP_C)/%.c | deps-quick
	@mkdir -p $(@D)
	$(CC) -O2 -g -fPIE -w $(filter -fsanitize%,$(OPT_$(VARIANT))) -isystem $(LLHTTP_H) -c -o $@ $<

# The SQL lives in .sql files with comments; the programs carry it as text.
$(BUILD)/gen/queries.inc: $(SQL_SRC) daemon/store/sql2c.awk
	@mkdir -p $(@D)
	awk -f daemon/store/sql2c.awk -v mode=queries $(SQL_SRC) > $@
$(BUILD)/gen/schema.inc: $(SCHEMA_SRC) daemon/store/sql2c.awk
	@mkdir -p $(@D)
	awk -f daemon/store/sql2c.awk -v mode=schema $(SCHEMA_SRC) > $@

# --- tests -----------------------------------------------------------------------------------------------------------
$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(TESTLIB_OBJ) $(BUILD)/libgrannbud.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON) -lcmocka

.PHONY: units
units: $(UNIT_BIN) all

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(TESTLIB_OBJ) $(BUILD)/libgrannbud.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON)

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# --- packages --------------------------------------------------------------------------------------------------------
.PHONY: deps-quick
deps-quick:
