# weir: `make` builds build/weir; `make demo` runs a pipeline with nothing but this machine; `make test` runs every test.
# Variants build into folders of their own: make asan, make tsan (build/asan, build/tsan); CC=clang works.
B       ?= build
CC      ?= gcc
OPT     ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
           -Wpointer-arith -Wwrite-strings -Wno-format-nonliteral -fno-common $(WERROR)
HARDEN  ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2
CFLAGS  += -std=c11 -D_GNU_SOURCE -I. -I$(B)/gen -I/usr/include/postgresql -fno-omit-frame-pointer -pthread $(OPT) $(HARDEN) $(WARN) $(SAN)
LDLIBS  := -Wl,--as-needed -lrdkafka -lpq -lsqlite3 -ledit -lutf8proc -lpcre2-8 -lgmp -lcrypto -lzstd -lxxhash -lm -lpthread
# Vector kernels gain from -O3 (gcc 12 leaves such loops scalar at -O2).
KERNELS := engine/expr/kernels%

SRC     := $(wildcard engine/*/*.c parser/*.c connectors/*.c)
MAIN    := engine/shell/main.c
OBJ     := $(patsubst %.c,$(B)/obj/%.o,$(filter-out $(MAIN),$(SRC))) $(B)/obj/gen/grammar.o
UNIT    := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
CRASH   := $(patsubst tests/crash/%.c,$(B)/crash/%,$(wildcard tests/crash/*.c))

all: $(B)/weir

$(B)/weir: $(B)/obj/engine/shell/main.o $(B)/libweir.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDLIBS)

$(B)/libweir.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(B)/obj/%.o: %.c | $(B)/gen/grammar.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(if $(filter $(KERNELS),$<),-O3) -MMD -MP -c -o $@ $<

$(B)/gen/grammar.c $(B)/gen/grammar.h &: parser/grammar.y
	@mkdir -p $(B)/gen
	lemon -d$(B)/gen -q parser/grammar.y

$(B)/obj/gen/grammar.o: $(B)/gen/grammar.c
	@mkdir -p $(@D)
	$(CC) $(filter-out $(WARN),$(CFLAGS)) -MMD -MP -c -o $@ $<

$(B)/unit/%: tests/unit/%.c $(B)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libweir.a -lcmocka $(LDLIBS)

unit: $(UNIT)
	@set -e; for t in $(UNIT); do $$t; done

# Builds and runs the tests that concern a sanitizer (tests/sanitize.sh).
asan:
	$(MAKE) --no-print-directory -s -j2 B=build/asan OPT="-O1 -g" HARDEN= SAN="-fsanitize=address,undefined -fno-sanitize-recover=undefined" all test-programs
	tests/sanitize.sh build/asan
tsan:
	$(MAKE) --no-print-directory -s -j2 B=build/tsan OPT="-O1 -g" HARDEN= SAN="-fsanitize=thread" all test-programs
	tests/sanitize.sh build/tsan

# What a new user runs first: installs what is missing, builds, runs a whole pipeline.
demo:
	@tests/lib/deps.sh build
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@sql/demo.sh $(B)/weir

FUZZ    := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(B)/fuzz/%: tests/fuzz/%.c $(B)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libweir.a $(LDLIBS) -ljansson

# Whole jobs under a seeded schedule of failures and crashes; SEED=n replays one history.
SIM     := $(wildcard tests/sim/*.c)
$(B)/sim/sim: $(SIM) $(wildcard tests/sim/*.h) $(B)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $(SIM) $(B)/libweir.a $(LDLIBS)
sim: $(B)/sim/sim
	$(B)/sim/sim $(if $(SEED),--seed $(SEED),--seconds 60)

# Everything: packages, build with warnings as errors, unit, conformance, real services. Ends with "N passed, N failed".
test:
	@tests/lib/deps.sh test
	@$(MAKE) --no-print-directory -s -j2 WERROR=-Werror all test-programs
	@tests/run.sh
test-programs: $(UNIT) $(FUZZ) $(CRASH) $(B)/sim/sim $(B)/docs/functions $(B)/docs/settings

# The proof of "nothing lost, nothing doubled": jobs under kill -9, N times a pair of source and sink. SEED=.. replays.
$(B)/crash/%: tests/crash/%.c $(B)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libweir.a $(LDLIBS)
crash-test:
	@tests/lib/deps.sh test
	@$(MAKE) --no-print-directory -s -j2 all crash-programs
	@N=$(or $(N),200) SEED=$(SEED) tests/crash/run.sh $(PAIRS)
crash-programs: $(CRASH)

# Rates beside bare C loops (-O3, as the kernels are), and the size, start and memory of the binary.
$(B)/bench/%: tests/bench/%.c $(B)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O3 -MMD -MP -o $@ $< $(B)/libweir.a $(LDLIBS)
bench: all $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/bench_*.c))
	@tests/bench/run.sh

# Pages made from tables of the source.
$(B)/docs/%: tests/docs/%.c $(B)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libweir.a $(LDLIBS)
.PHONY: docs
docs: $(B)/docs/functions $(B)/docs/settings
	$(B)/docs/functions > docs/functions.md
	$(B)/docs/settings > docs/settings.md

install: $(B)/weir
	install -D -m 755 $(B)/weir $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/weir

clean:
	rm -rf build

.PHONY: all unit asan tsan demo sim test test-programs crash-test crash-programs bench docs install clean
-include $(shell find $(B)/obj $(B)/unit -name '*.d' 2>/dev/null)
