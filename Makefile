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
PACKAGES = libcjson libpq hiredis libjwt libargon2 libesmtp-1.0 inih libsodium openssl libsystemd libidn2
WARN     = -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes \
	   -Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wformat=2 -Wundef -Wvla \
	   -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wno-missing-field-initializers
HARDEN   = -fPIE -fvisibility=hidden -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
OPTIMIZE = -O2 -D_FORTIFY_SOURCE=2
ifdef SANITIZE
OPTIMIZE = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LINK_SAN = -fsanitize=address,undefined
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
PROGRAMS := $(BUILD)/latchkeyd $(BUILD)/latchkeyctl
TESTS    := $(patsubst t/unit/%.c,$(BUILD)/t/%,$(sort $(wildcard t/unit/test_*.c)))
FAKES    := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard t/fake/*.c)))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

all: $(PROGRAMS) ## build the programs into build/
	@:

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

-include $(LIVE:=.d) $(OBJECTS:.o=.d) $(FAKES:.o=.d) $(patsubst $(BUILD)/t/%,$(BUILD)/t/unit/%.d,$(TESTS)) $(MAINS:%.c=$(BUILD)/%.d)

unit: $(TESTS) ## build and run the unit tests
	$(Q)set -e; for t in $(TESTS); do $$t; done

live: $(LIVE) ## run the tests of the adapters against a private PostgreSQL and Redis
	$(Q)t/live/run $(LIVE)

PYTEST = BUILD=$(BUILD) LATCHKEYD=$(BUILD)/latchkeyd timeout -k 30 1500 /usr/bin/python3 -m pytest -q -p no:cacheprovider -n 2 --dist loadfile $(PYTEST_FLAGS) t/api t/live
api: $(PROGRAMS) ## run the API tests and the mailer's, each against servers of its own
	$(Q)$(PYTEST)

# deps comes before anything that asks pkg-config: hence the makes in here.
sub = $(Q)+$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
STACK = VAR=$(VAR) PORT=$(PORT) BUILD=$(BUILD) LIMITS=$(LIMITS) WORKERS=$(WORKERS) CONF=$(CONF) t/stack/stack

deps: ## install the Debian packages that are missing
	$(Q)t/deps check

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
	$(sub) all $(TESTS) $(LIVE)
	$(sub) lint
	$(Q)+$(MAKE) --no-print-directory unit live
	$(Q)+$(MAKE) --no-print-directory api

check-asan: ## unit, live and API tests with AddressSanitizer and UBSan
	$(Q)t/deps check
	$(Q)+ASAN_OPTIONS=detect_stack_use_after_return=1 $(MAKE) --no-print-directory \
		BUILD=$(BUILD)/asan SANITIZE=1 unit live api

# One at a time and stamped: a second run looks at what has changed only.
TIDY := $(patsubst %.c,$(BUILD)/lint/%.tidy,$(SOURCES))
$(BUILD)/lint/%.tidy: %.c .clang-tidy $(BUILD)/%.o
	$(say) TIDY $<
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- -std=gnu11 $(CPPFLAGS) >$@.log 2>&1 || { cat $@.log; exit 1; }
	$(Q)touch $@

# It knows neither CLEANUP() nor INVARIANT(), and glibc's NULL is a pointer.
CPPCHECK_OFF = missingIncludeSystem resourceLeak memleak missingReturn varFuncNullUB
FORMATTED = $(wildcard lib/*.[ch] app/*.[ch] app/*/*.[ch] t/*/*.[ch])
SCRIPTS = $(shell grep -lE '^\#!/bin/(ba)?sh' t/* t/*/* .ci/run 2>/dev/null)
lint: all $(TIDY) ## warnings, clang-tidy, cppcheck, clang-format, shellcheck, nginx -t, layers
	$(Q)t/lint/layers
	$(Q)t/lint/routes
	$(Q)clang-format --dry-run -Werror $(FORMATTED)
	$(Q)mkdir -p $(BUILD)/lint/cppcheck
	$(Q)cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
		$(addprefix --suppress=,$(CPPCHECK_OFF)) --cppcheck-build-dir=$(BUILD)/lint/cppcheck \
		--std=c11 -D_GNU_SOURCE -I. lib app
	$(Q)shellcheck -x $(SCRIPTS)
	$(Q)t/lint/nginx
	$(Q)t/lint/units $(BUILD)/latchkeyd

clean: ## remove build/
	$(Q)rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | sort | expand -t 16

.PHONY: all unit live api deps run up down status check check-asan lint clean help
