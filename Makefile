# latchkey. `make help` lists the targets.

BUILD   ?= build
VAR     ?= var
PORT    ?= 8443
LIMITS  ?= on
WORKERS ?=
CONF    ?=
PREFIX  ?= /usr
DESTDIR ?=

CC       = gcc
PACKAGES = libcjson libpq hiredis libjwt libargon2 libesmtp-1.0 inih libsodium openssl libsystemd libidn2 libcurl
WARN     = -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes \
	   -Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wformat=2 -Wundef -Wvla \
	   -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wno-missing-field-initializers
HARDEN   = -fPIE -fvisibility=hidden -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
OPTIMIZE = -O2 -D_FORTIFY_SOURCE=2
ifdef SANITIZE
OPTIMIZE = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LINK_SAN = -fsanitize=address,undefined
endif
ifdef FUZZ # lib/arena.c goes by gcc's word for the sanitizer
CC = clang
OPTIMIZE = -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	   -D__SANITIZE_ADDRESS__
LINK_SAN = -fsanitize=fuzzer,address,undefined
endif
ifdef COVERAGE # without folding, gcc does not see that a format is a constant
OPTIMIZE = -O0 -Wno-format-nonliteral --coverage
LINK_SAN = --coverage -Wl,--wrap=_exit -Wl,-u,__wrap__exit
endif
CFLAGS  ?= -g
override CFLAGS  += -std=gnu11 $(WARN) $(HARDEN) $(OPTIMIZE)
override CPPFLAGS += -I. -D_GNU_SOURCE $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
override LDFLAGS += -pie -Wl,-z,relro,-z,now,-z,noexecstack $(LINK_SAN)
LDLIBS   = -lfcgi -lunistring -lzxcvbn -lcrypt $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

Q = @
ifeq ($(V),1)
Q =
endif
say = $(if $(filter 1,$(V)),@:,@printf '  %-5s %s\n')

SOURCES  := $(sort $(wildcard lib/*.c app/*.c app/*/*.c))
MAINS    := app/latchkeyd.c app/latchkeyctl.c
OBJECTS  := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MAINS),$(SOURCES)))
ifdef COVERAGE
OBJECTS  += $(BUILD)/t/coverage/exit.o
endif
PROGRAMS := $(BUILD)/latchkeyd $(BUILD)/latchkeyctl
TESTS    := $(patsubst t/unit/%.c,$(BUILD)/t/%,$(sort $(wildcard t/unit/test_*.c)))
FAKES    := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard t/fake/*.c)))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

# npm's packages; npm writes the stamp itself, last
NODE = t/node/node_modules/.package-lock.json
# What nginx serves as files. Swagger UI comes from npm, so it is in there once that has been.
SWAGGER := $(wildcard t/node/node_modules/swagger-ui-dist)
PAGES = $(BUILD)/doc/api/v1/openapi.json

all: $(PROGRAMS) $(PAGES) ## build programs and documents into build/
	@:

$(PAGES): doc/render doc/openapi.yaml doc/errors.yaml app/error.def conf/nginx/latchkey-http.conf \
		$(wildcard doc/pages/*) $(SWAGGER:=/package.json)
	$(say) DOC $(BUILD)/doc
	$(Q)doc/render $(BUILD)/doc $(SWAGGER)

$(BUILD)/%.o: %.c
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/liblatchkey.a: $(OBJECTS)
	$(say) AR $@
	$(Q)rm -f $@ && ar rcs $@ $^

$(PROGRAMS): $(BUILD)/%: $(BUILD)/app/%.o $(BUILD)/liblatchkey.a
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# A unit test whose first lines say `fakes: a b` is linked with t/fake/a.c, t/fake/b.c in
# place of what they stand for: the archive's members are then not drawn in.
fakes = $(patsubst %,$(BUILD)/t/fake/%.o,$(shell sed -n 's,^/\* fakes: \(.*\) \*/$$,\1,p' t/unit/$(1).c))

.SECONDEXPANSION:
$(BUILD)/t/%: $(BUILD)/t/unit/%.o $$(call fakes,$$*) $(BUILD)/liblatchkey.a
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $$(pkg-config --libs check)

# Against real servers, which t/live/run starts and stops
LIVE := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard t/live/test_*.c)))
$(LIVE): $(BUILD)/t/live/%: $(BUILD)/t/live/%.o $(BUILD)/liblatchkey.a
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $$(pkg-config --libs check)

# Hostile bytes: t/fuzz/NAME.c with replay.c, or with libFuzzer (FUZZ=1)
REPLAY  := $(if $(FUZZ),,$(BUILD)/t/fuzz/replay.o)
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(filter-out t/fuzz/replay.c,$(sort $(wildcard t/fuzz/*.c))))
$(FUZZERS): $(BUILD)/t/fuzz/%: $(BUILD)/t/fuzz/%.o $(REPLAY) $(BUILD)/liblatchkey.a
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The floors of t/bench: a bare worker, the hash by our adapter, the hash with its memory kept
FLOORS := $(addprefix $(BUILD)/t/bench/,bare hash_ours hash_kept)
$(BUILD)/t/bench/bare: $(BUILD)/t/bench/bare.o
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lfcgi
$(BUILD)/t/bench/hash_ours: $(BUILD)/t/bench/hash_ours.o $(BUILD)/t/bench/hash.o $(BUILD)/liblatchkey.a
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/t/bench/hash_kept: $(BUILD)/t/bench/hash_kept.o $(BUILD)/t/bench/hash.o
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -Wl,--wrap=mmap,--wrap=munmap -o $@ $^ -l:libsodium.a

# The client of make soak
$(BUILD)/t/soak/load: $(BUILD)/t/soak/load.o
	$(say) LD $@
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

unit: $(TESTS) ## build and run the unit tests
	$(Q)failed=; for t in $(TESTS); do $$t || failed=1; done; [ -z "$$failed" ]

replay: $(FUZZERS) ## run the corpora of t/fuzz, and a second of random inputs for each
	$(Q)set -e; for t in $(FUZZERS); do $$t $$(ls -d t/fuzz/corpus/$${t##*/} t/corpus/$${t##*/} 2>/dev/null); done

fuzzers: $(FUZZERS)

live: $(LIVE) ## run the tests of the adapters against a private PostgreSQL and Redis
	$(Q)t/live/run $(LIVE)

PYTEST = BUILD=$(BUILD) LATCHKEYD=$(BUILD)/latchkeyd timeout -k 30 1500 /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 2 --dist loadfile $(PYTEST_FLAGS) t/api t/live
$(NODE): t/node/package-lock.json
	$(say) NPM $(<D)
	$(Q)cd $(<D) && flock package.json sh -c \
		'[ $(@:$(<D)/%=%) -nt $(<F) ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error'

api: $(PROGRAMS) $(NODE) ## run the API tests and the mailer's, each against servers of its own
	$(Q)$(PYTEST)

# deps comes before anything that asks pkg-config: hence the makes in here.
sub = $(Q)+$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
STACK = VAR=$(VAR) PORT=$(PORT) BUILD=$(BUILD) LIMITS=$(LIMITS) WORKERS=$(WORKERS) CONF=$(CONF) t/stack/stack

deps: ## install the Debian packages that are missing
	$(Q)t/deps check

doc: ## the documents with Swagger UI, for which npm is needed
	$(Q)t/deps doc
	$(sub) $(NODE)
	$(sub) $(PAGES)

run: ## build and start a private stack; Ctrl-C stops it
	$(Q)t/deps run
	$(sub) all
	$(Q)$(STACK) run

up: ## the same in the background: VAR= PORT= LIMITS=on|off WORKERS= CONF=
	$(Q)t/deps run
	$(sub) all
	$(Q)$(STACK) up

down: ## stop it
	$(Q)$(STACK) down

status: ## where it is, and what of it runs
	$(Q)$(STACK) status

check: ## everything, with the packages it needs; ends with pytest's closing line
	$(Q)t/deps check
	$(sub) $(NODE)
	$(sub) all $(TESTS) $(FUZZERS) $(LIVE)
	$(sub) lint
	$(Q)+$(MAKE) --no-print-directory unit replay live
	$(Q)+$(MAKE) --no-print-directory api

check-asan: ## unit, replay, live and API tests with AddressSanitizer and UBSan
	$(Q)t/deps check
	$(Q)+ASAN_OPTIONS=detect_stack_use_after_return=1 CK_TIMEOUT_MULTIPLIER=10 $(MAKE) --no-print-directory \
		BUILD=$(BUILD)/asan SANITIZE=1 unit replay live api

# Of make fuzz
SECONDS ?= 600
TARGETS ?=
fuzz: ## hostile bytes under libFuzzer: SECONDS=600 for each of t/fuzz, or of TARGETS=
	$(Q)t/deps fuzz
	$(sub) BUILD=$(BUILD)/fuzz FUZZ=1 fuzzers
	$(Q)VAR=$(VAR) t/fuzz/run $(BUILD)/fuzz/t/fuzz $(SECONDS) $(TARGETS)

# Counts of an earlier run would be added to. Tests that fail have run lines, too: the report
# is made all the same, and then it fails.
coverage: ## lines that unit, replay, live and API tests run, by part and by file; half an hour
	$(Q)t/deps coverage
	$(sub) BUILD=$(BUILD)/coverage COVERAGE=1 all fuzzers $(NODE)
	$(Q)find $(BUILD)/coverage -name '*.gcda' -delete
	$(Q)+began=$$(date +%s); failed=; for tests in unit replay live api; do \
			$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage COVERAGE=1 $$tests || failed="$$failed $$tests"; done; \
		[ -z "$$failed" ] || echo "coverage: these failed:$$failed" >&2; \
		VAR=$(VAR) t/coverage/report $(BUILD)/coverage $$(($$(date +%s) - began)) && [ -z "$$failed" ]

check-faults: ## whatever breaks, under a load that keeps a ledger; 25 minutes at most
	$(Q)t/deps faults
	$(sub) all
	$(Q)BUILD=$(BUILD) VAR=$(VAR) timeout -k 60 1500 /usr/bin/python3 -m pytest -v --durations=10 -p no:cacheprovider $(PYTEST_FLAGS) t/faults

bench: ## floors, peers and budgets in one run, into VAR/bench; twenty minutes, QUICK=1 four
	$(Q)t/deps bench
	$(sub) all $(FLOORS)
	$(Q)BUILD=$(BUILD) VAR=$(VAR) QUICK=$(QUICK) timeout -k 30 1500 t/bench/run

check-hostile: ## sqlmap, slowhttptest, testssl.sh, and what is left of secrets; eight minutes
	$(Q)t/deps hostile
	$(sub) all
	$(Q)BUILD=$(BUILD) VAR=$(VAR) timeout -k 30 1200 /usr/bin/python3 -m pytest -q -p no:cacheprovider $(PYTEST_FLAGS) t/hostile

check-valgrind: ## unit tests, adapters and a service under valgrind; ten minutes
	$(Q)t/deps valgrind
	$(sub) all $(TESTS) $(LIVE)
	$(Q)BUILD=$(BUILD) VAR=$(VAR) t/valgrind/run

check-timing: ## whether the time of an answer tells who has an account: pairs, in random order
	$(Q)t/deps check
	$(sub) all
	$(Q)BUILD=$(BUILD) VAR=$(VAR) timeout -k 30 1800 t/hostile/timing

soak: ## N=1000000 requests a route, HASHED=20000 where one hashes, in SOAK_MINUTES=480; goes on where it was
	$(Q)t/deps check
	$(sub) all $(BUILD)/t/soak/load
	$(Q)BUILD=$(BUILD) VAR=$(VAR) t/soak/run

proof: ## doc/proof.md and the README's figures, from what the checks left in VAR/proof
	$(Q)VAR=$(VAR) t/proof/render

check-browser: ## whole flows in Debian's Chromium, with the packages that takes
	$(Q)t/deps browser
	$(sub) $(NODE)
	$(sub) all
	$(Q)BUILD=$(BUILD) timeout -k 30 1200 /usr/bin/python3 -m pytest -q -p no:cacheprovider $(PYTEST_FLAGS) t/browser

check-edge: ## what nginx protects: files, PHP-FPM, an application, Apache, as the guide has it
	$(Q)t/deps edge
	$(sub) all
	$(Q)BUILD=$(BUILD) timeout -k 30 570 /usr/bin/python3 -m pytest -q -p no:cacheprovider $(PYTEST_FLAGS) t/edge

# One at a time and stamped: a second run looks at what has changed only.
TIDY := $(patsubst %.c,$(BUILD)/lint/%.tidy,$(SOURCES))
$(BUILD)/lint/%.tidy: %.c .clang-tidy $(BUILD)/%.o
	$(say) TIDY $<
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- -std=gnu11 $(CPPFLAGS) >$@.log 2>&1 || { cat $@.log; exit 1; }
	$(Q)touch $@

# glibc's NULL is a pointer.
CPPCHECK_OFF = missingIncludeSystem varFuncNullUB
FORMATTED = $(wildcard lib/*.[ch] app/*.[ch] app/*/*.[ch] t/*/*.[ch])
SCRIPTS = $(shell grep -lE '^\#!/bin/(ba)?sh' t/* t/*/* doc/examples/* .ci/run 2>/dev/null)
lint: all $(TIDY) $(NODE) ## warnings, clang-tidy, cppcheck, clang-format, shellcheck, nginx -t, layers, OpenAPI
	$(Q)t/lint/layers
	$(Q)t/lint/routes
	$(Q)clang-format --dry-run -Werror $(FORMATTED)
	$(Q)mkdir -p $(BUILD)/lint/cppcheck
	$(Q)cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		$(addprefix --suppress=,$(CPPCHECK_OFF)) --library=t/analyze/cppcheck.cfg --cppcheck-build-dir=$(BUILD)/lint/cppcheck \
		--std=c11 -D_GNU_SOURCE -I. lib app
	$(Q)shellcheck -x $(SCRIPTS)
	$(Q)t/lint/nginx
	$(Q)t/lint/units $(BUILD)/latchkeyd
	$(Q)node t/node/openapi.js doc/openapi.yaml $(PAGES)
	$(Q)t/lint/hardening $(PROGRAMS)
	$(Q)t/lint/install $(BUILD)
	$(Q)t/host/guide check

# Each analyser has a log for each file, read by t/analyze/findings; a second run looks at what
# has changed only. SCAN are checkers beyond those that scan-build always has; not among them are
# alpha.unix.Stream, which knows no cleanup functions, and alpha.security.ArrayBoundV2, which
# follows no loop that counts down.
ANALYZE = $(BUILD)/analyze
ANALYZED := $(SOURCES) t/analyze/planted.c
SCANNED := $(ANALYZED) $(sort $(wildcard t/unit/*.c))
SCAN = $(addprefix -enable-checker ,security.FloatLoopCounter optin.portability.UnixAPI \
	nullability.NullableDereferenced nullability.NullablePassedToNonnull alpha.core.CastSize \
	alpha.core.IdenticalExpr alpha.core.PointerSub alpha.core.TestAfterDivZero alpha.core.Conversion \
	alpha.security.MallocOverflow alpha.security.ReturnPtrRange \
	alpha.unix.cstring.OutOfBounds alpha.unix.cstring.BufferOverlap \
	alpha.unix.cstring.NotNullTerminated alpha.security.taint.TaintPropagation)
# Debian 12's cppcheck knows no levels: it always looks as far as --check-level=exhaustive.
CPPCHECK = cppcheck --enable=warning,style,performance,portability --inconclusive --force \
	--max-ctu-depth=8 --library=posix,gnu,openssl,libcurl,t/analyze/cppcheck.cfg --std=c11 \
	-D_GNU_SOURCE -D__GNUC__=12 -D__x86_64__ -I. \
	--template='{file}:{line}:{column}: {severity}: {message} [{id}]'
look = $(Q)mkdir -p $(@D) && timeout 500 $(1) >$@.new 2>&1 || { cat $@.new; exit 1; } && mv $@.new $@

$(ANALYZE)/scan/%.log: %.c $(BUILD)/%.o
	$(say) SCAN $<
	$(call look,scan-build --use-cc=$(CC) -plist -o $(ANALYZE)/reports $(SCAN) \
		$(CC) -std=gnu11 $(CPPFLAGS) -c -o /dev/null $<)

$(ANALYZE)/gcc/%.log: %.c $(BUILD)/%.o
	$(say) GCC $<
	$(call look,$(CC) -std=gnu11 $(CPPFLAGS) -O1 -fanalyzer -c -o /dev/null $<)

# It looks from file to file, and keeps what it knows of each itself.
CPPCHECKED = lib app t/analyze/planted.c
$(ANALYZE)/cppcheck/all.log: t/analyze/cppcheck.cfg $(ANALYZED:%.c=$(BUILD)/%.o)
	$(say) CHECK $(CPPCHECKED)
	$(Q)mkdir -p $(@D)/known
	$(call look,$(CPPCHECK) -j2 --cppcheck-build-dir=$(@D)/known $(CPPCHECKED))

# The compiler warns of these, too.
$(BUILD)/t/analyze/planted.o: override WARN =

ANALYSES := $(SCANNED:%.c=$(ANALYZE)/scan/%.log) $(ANALYZED:%.c=$(ANALYZE)/gcc/%.log) \
	$(ANALYZE)/cppcheck/all.log
analyze: ## scan-build, gcc -fanalyzer and cppcheck; t/analyze/exceptions says what is left, and why
	$(Q)t/deps analyze
	$(sub) $(ANALYZE)/said
	$(Q)VAR=$(VAR) t/analyze/findings $(ANALYZE)
$(ANALYZE)/said: $(ANALYSES)
	$(Q)touch $@

# Configuration that is there stays as it is; another one comes beside it.
AT = $(DESTDIR)$(PREFIX)
UNITDIR ?= $(PREFIX)/lib/systemd/system
UNITS = $(notdir $(wildcard systemd/*.service systemd/*.socket systemd/*.timer))
SERVICES = $(filter %.service,$(UNITS))
SNIPPETS = $(filter-out %/latchkey-server.conf,$(wildcard conf/nginx/*.conf))
READY = $(BUILD)/install
ifneq ($(PREFIX),/usr)
MOVED = s|/usr/sbin/latchkey|$(PREFIX)/sbin/latchkey|g; s|^\#letter_dir = /usr/|letter_dir = $(PREFIX)/|; \
	s|^root /usr/share/latchkey|root $(PREFIX)/share/latchkey|
endif
put = $(Q)install -D -m 644 -t $(1) $(2)
put_conf = to=$(DESTDIR)$(1)/$(notdir $(2)); \
	if [ -e $$to ] && ! cmp -s $(2) $$to; then \
		to=$$to.new; echo "kept, and the new one is $$to"; fi; \
	install -D -m $(3) $(2) $$to

install: all ## install below DESTDIR= PREFIX=/usr; configuration that is there stays
	$(Q)mkdir -p $(READY)
	$(Q)set -e; for file in systemd/* conf/latchkey.conf conf/nginx/*; do \
		sed '$(MOVED)' $$file >$(READY)/$${file##*/}; done
	$(Q)install -D -t $(AT)/sbin $(PROGRAMS)
	$(call put,$(AT)/share/latchkey/schema,schema/*.sql)
	$(call put,$(AT)/share/latchkey/letters,app/letters/*.txt)
	$(Q)set -e; for file in $$(cd $(BUILD)/doc && find * -type f); do \
		install -D -m 644 $(BUILD)/doc/$$file $(AT)/share/latchkey/doc/$$file; done
	$(call put,$(AT)/share/man/man5,doc/*.5)
	$(call put,$(AT)/share/man/man8,doc/*.8)
	$(call put,$(AT)/share/doc/latchkey,README.md doc/*.md)
	$(call put,$(AT)/share/doc/latchkey/monitoring,doc/monitoring/*)
	$(call put,$(AT)/share/doc/latchkey/examples,conf/nginx/latchkey-server.conf doc/examples/*)
	$(call put,$(DESTDIR)$(UNITDIR),$(addprefix $(READY)/,$(UNITS)))
	$(Q)set -e; for unit in $(SERVICES); do install -D -m 644 \
		$(READY)/sandbox.conf $(DESTDIR)$(UNITDIR)/$$unit.d/10-sandbox.conf; done
	$(Q)install -D -m 644 $(READY)/sysusers.conf $(AT)/lib/sysusers.d/latchkey.conf
	$(Q)install -D -m 644 $(READY)/tmpfiles.conf $(AT)/lib/tmpfiles.d/latchkey.conf
	$(Q)install -d -m 750 $(DESTDIR)/etc/latchkey/conf.d
	$(Q)$(call put_conf,/etc/latchkey,$(READY)/latchkey.conf,640)
	$(Q)set -e; $(foreach file,$(SNIPPETS),$(call put_conf,/etc/nginx/snippets,$(READY)/$(notdir $(file)),644);)

uninstall: ## remove what install put there, but neither configuration nor data
	$(Q)rm -f $(patsubst $(BUILD)/%,$(AT)/sbin/%,$(PROGRAMS)) \
		$(patsubst doc/%,$(AT)/share/man/man5/%,$(wildcard doc/*.5)) \
		$(patsubst doc/%,$(AT)/share/man/man8/%,$(wildcard doc/*.8)) \
		$(AT)/lib/sysusers.d/latchkey.conf $(AT)/lib/tmpfiles.d/latchkey.conf \
		$(addprefix $(DESTDIR)$(UNITDIR)/,$(UNITS))
	$(Q)rm -rf $(AT)/share/latchkey $(AT)/share/doc/latchkey \
		$(patsubst %,$(DESTDIR)$(UNITDIR)/%.d,$(SERVICES))

deb: ## build/latchkey_VERSION_ARCH.deb, looked over by lintian
	$(Q)t/deps deb
	$(sub) $(NODE)
	$(Q)t/host/deb $(BUILD)

check-host: ## follow the guides on a Debian of its own; the API tests in the sandbox; as root
	$(Q)t/deps host
	$(sub) all deb
	$(Q)t/host/try $(BUILD)/latchkey_*.deb
	$(Q)t/host/filtered $(BUILD)

clean: ## remove build/
	$(Q)rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | sort | expand -t 16

# Whatever help lists, and what is for targets here alone
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*## .*/\1/p' Makefile) fuzzers
