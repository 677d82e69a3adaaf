# SPDX-License-Identifier: GPL-2.0
# Fuzz targets of PURE code, of the module, kseald and kseal, included by ../Makefile.
#
#	make fuzz-check		replay the corpus and try FUZZ_RUNS more inputs of each
#	make fuzz-clang		build them with libFuzzer; run them by hand, say with
#				build/userspace/fuzz-clang/fuzz_frame NEW-DIR fuzz/corpus/frame

FUZZ_RUNS ?= 20000
FUZZ_SEED ?= 1
FUZZ_NAMES := $(patsubst fuzz/%.c,%,$(wildcard fuzz/fuzz_*.c))
FUZZ_TARGETS := $(addprefix $(BUILD)/fuzz/,$(FUZZ_NAMES))
FUZZ_DEPS := fuzz/fuzz.h $(foreach f,record frame suite handshake verdict pure,$(wildcard ../kmod/$(f).[ch])) \
	$(wildcard kseald/hello*.[ch])
FUZZ_CFLAGS = $(CFLAGS) -std=gnu11 -Wall -Wextra $(if $(WERROR),-Werror) -D_GNU_SOURCE \
	-I../include/uapi -Ilibkseal -Iregistry -I../kmod -DKSEAL_VERSION='"$(VERSION)"'

# what a target does not include: FUZZ_SOURCES/NAME for fuzz_NAME.c
FUZZ_SOURCES/explain := registry/registry.c $(addprefix kseal/,message.c extension.c \
	wire.c fields.c fields_json.c json.c)
FUZZ_DEPS += $(FUZZ_SOURCES/explain) $(addprefix kseal/,message.h wire.h fields.h json.h) $(wildcard registry/*)
FUZZ_SOURCES/hello := registry/registry.c
FUZZ_SOURCES/broker := $(addprefix libkseal/,protocol.c names.c)
FUZZ_SOURCES/config := $(addprefix kseald/,options.c options_limits.c options_tls.c sections.c sections_listeners.c address.c \
	callers.c config.c ids.c log.c \
	policy.c suites.c) libkseal/protocol.c
FUZZ_LIBS/config = $(libs_libconfig) $(libs_libuv) $(libs_gnutls)
FUZZ_DEPS += $(FUZZ_SOURCES/broker) $(FUZZ_SOURCES/config) $(wildcard kseald/*.h libkseal/*.h)

# a step outside an input is a failure, not chance
$(BUILD)/fuzz/%: fuzz/%.c fuzz/main.c $(FUZZ_DEPS)
	@$(if $(V),,printf '  %-7s %s\n' FUZZ $(patsubst $(BUILD)/%,%,$@))
	@mkdir -p $(@D)
	$(Q)$(CC) $(FUZZ_CFLAGS) -U_FORTIFY_SOURCE -fsanitize=address,undefined \
		-fno-sanitize-recover=all -o $@ $< fuzz/main.c \
		$(FUZZ_SOURCES/$(*:fuzz_%=%)) $(FUZZ_LIBS/$(*:fuzz_%=%))

$(BUILD)/fuzz-clang/%: fuzz/%.c $(FUZZ_DEPS)
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) -U_FORTIFY_SOURCE -fsanitize=fuzzer,address,undefined -o $@ $< \
		$(FUZZ_SOURCES/$(*:fuzz_%=%)) $(FUZZ_LIBS/$(*:fuzz_%=%))

fuzz: $(FUZZ_TARGETS)

fuzz-clang: $(addprefix $(BUILD)/fuzz-clang/,$(FUZZ_NAMES))

fuzz-check: fuzz
	$(Q)failed=0; for t in $(FUZZ_TARGETS); do \
		$$t -runs=$(FUZZ_RUNS) -seed=$(FUZZ_SEED) fuzz/corpus/$${t##*/fuzz_} || failed=1; \
	done; exit $$failed

.PHONY: fuzz fuzz-clang fuzz-check
