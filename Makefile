# SPDX-License-Identifier: GPL-2.0-only
# Builds everything, runs the tests and the demo. `make help` lists what there is to say.

VERSION   := 0.1
BUILD     ?= build
CACHE     ?= $(BUILD)/cache
PREFIX    ?= /usr
DESTDIR   ?=

CC        ?= gcc
WARN      := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith -Wwrite-strings \
             -Wno-unused-parameter -Wno-missing-field-initializers
WERROR    := $(if $(CI),-Werror,)
BASE      := -std=gnu11 -D_GNU_SOURCE -DVTL_VERSION='"$(VERSION)"' -g $(WARN) $(WERROR) -MMD -MP
REL       := $(BASE) -O2 -fPIC -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(CFLAGS)
SAN       := $(BASE) -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# Rooms, and whose headers each may see: a forbidden #include does not compile. test/unit/includes.sh checks it too.
M         := tgt-modules
I_libmedia := -Ilibmedia
I_model   := -I$(M)/model -Ilibmedia
I_core    := -I$(M)/core -I$(M)/model -Ilibmedia
I_ssc     := -I$(M)/core/ssc $(I_core)
I_smc     := -I$(M)/core/smc $(I_core)
I_library := -I$(M)/library -I$(M)/model -Ilibmedia
I_control := -I$(M)/control
I_glue    := -I$(M)/glue -I$(M)/core -I$(M)/library -I$(M)/control -I$(M)/model -Ilibmedia
I_hba     := -I$(M)/hba -Ihba-module
I_tools   := -Itools -I$(M)/library -I$(M)/control -I$(M)/model -Ilibmedia
I_test    := -Itest/lib -Itest/unit -Itest/scsi -Itest/tgt -I$(M)/core/ssc -I$(M)/core/smc $(I_glue) $(I_hba) -Itools

S_libmedia := $(wildcard libmedia/*.c)
S_model   := $(wildcard $(M)/model/*.c)
S_core    := $(wildcard $(M)/core/*.c)
S_ssc     := $(wildcard $(M)/core/ssc/*.c)
S_smc     := $(wildcard $(M)/core/smc/*.c)
S_library := $(wildcard $(M)/library/*.c)
S_control := $(wildcard $(M)/control/*.c)
S_glue    := $(wildcard $(M)/glue/*.c)
S_hba     := $(wildcard $(M)/hba/*.c)
S_tools   := $(wildcard tools/*.c)
ROOMS     := libmedia model core ssc smc library control glue hba tools

# The files of glue and hba that include tgtd's headers; the others know nothing of tgtd and are tested without it.
TGT_GLUE  := $(filter $(M)/glue/tgt_%.c,$(S_glue))
S_glue    := $(filter-out $(TGT_GLUE),$(S_glue))
TGT_HBA   := $(filter $(M)/hba/tgt_%.c,$(S_hba))
S_hba     := $(filter-out $(TGT_HBA),$(S_hba))

L_media   := -laio -lisal -lz -llz4 -lzstd -llzo2 -lgcrypt -lpthread
L_model   := -lconfuse
L_control := -ljansson
L_tools   := -liscsi -ljansson -lconfuse

rel = $(patsubst %.c,$(BUILD)/rel/%.o,$(1))
san = $(patsubst %.c,$(BUILD)/san/%.o,$(1))

MEDIA_SO  := $(BUILD)/libvtlmedia.so.0
MODULE    := $(BUILD)/vtl.so
HBA_SO    := $(BUILD)/vtl_hba.so
TOOL      := $(BUILD)/vtl
PRODUCTS  := $(MEDIA_SO) $(if $(TGT_GLUE),$(MODULE)) $(HBA_SO) $(if $(wildcard tools/main.c),$(TOOL))

# V=1 shows whole command lines.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

.PHONY: all
all: $(PRODUCTS)

define ROOM
$$(BUILD)/rel/$(1)/%.o: $(1)/%.c
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$$(Q)$$(CC) $$(REL) $(2) -c -o $$@ $$<
$$(BUILD)/san/$(1)/%.o: $(1)/%.c
	@mkdir -p $$(@D)
	$$(call say,CC,'$$< (sanitized)')
	$$(Q)$$(CC) $$(SAN) $(2) -c -o $$@ $$<
endef
# The most deeply nested rooms first: make takes the first rule that fits.
$(eval $(call ROOM,$(M)/core/ssc,$(I_ssc)))
$(eval $(call ROOM,$(M)/core/smc,$(I_smc)))
$(eval $(call ROOM,$(M)/core,$(I_core)))
$(eval $(call ROOM,$(M)/model,$(I_model)))
$(eval $(call ROOM,$(M)/library,$(I_library)))
$(eval $(call ROOM,$(M)/control,$(I_control)))
$(eval $(call ROOM,$(M)/glue,$(I_glue)))
$(eval $(call ROOM,$(M)/hba,$(I_hba)))
$(eval $(call ROOM,libmedia,$(I_libmedia)))
$(eval $(call ROOM,tools,$(I_tools)))
$(eval $(call ROOM,test/kill,-Itest/lib -Itools -Ilibmedia))
$(eval $(call ROOM,test,$(I_test)))

# tgtd's headers, of exactly the installed version: the script looks each time, and fetches when it has changed. They
# come last in the search, because tgt has a media.h and a list.h too.
TGT_HEADERS := $(CACHE)/tgt-headers
$(TGT_HEADERS)/.ok: $(M)/glue/fetch-tgt-headers.sh FORCE
	@sh $< $(TGT_HEADERS)
FORCE:
$(call rel,$(TGT_GLUE) $(TGT_HBA)): REL += -idirafter $(TGT_HEADERS)/usr
$(call rel,$(TGT_GLUE) $(TGT_HBA)): $(TGT_HEADERS)/.ok

# libmedia exports what media.h, store.h and exec.h declare.
$(MEDIA_SO): $(call rel,$(S_libmedia)) libmedia/libvtlmedia.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libvtlmedia.so.0 -Wl,--version-script=libmedia/libvtlmedia.map -Wl,-z,defs -Wl,-z,relro,-z,now -o $@ \
		$(filter %.o,$^) $(L_media)
	ln -sf libvtlmedia.so.0 $(BUILD)/libvtlmedia.so

$(MODULE): $(call rel,$(S_model) $(S_core) $(S_ssc) $(S_smc) $(S_library) $(S_control) $(S_glue) $(TGT_GLUE)) $(MEDIA_SO) $(M)/glue/module.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,--version-script=$(M)/glue/module.map -Wl,-z,relro,-z,now -o $@ $(filter %.o,$^) \
		-L$(BUILD) -lvtlmedia $(L_model) $(L_control) -lpthread

$(HBA_SO): $(call rel,$(S_hba) $(TGT_HBA)) $(M)/glue/module.map
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,--version-script=$(M)/glue/module.map -Wl,-z,relro,-z,now -o $@ $(filter %.o,$^)

# What of the tools asks core: what a model supports is what its tables say; and the names of sense codes.
$(call rel,tools/model_table.c tools/sense.c): REL += -I$(M)/core
$(call san,tools/model_table.c tools/sense.c): SAN += -I$(M)/core

$(TOOL): $(call rel,$(S_tools) $(S_model) $(S_core) $(S_ssc) $(S_smc) $(S_library) $(S_control)) $(MEDIA_SO)
	$(call say,LD,$@)
	$(Q)$(CC) -Wl,-z,relro,-z,now -pie -o $@ $(filter %.o,$^) -L$(BUILD) -Wl,-rpath,'$$ORIGIN' -lvtlmedia $(L_tools)

# The manual pages come from the same table as --help, the list of models in them from the model files.
.PHONY: man
man: $(BUILD)/man/vtl.1
$(BUILD)/man/vtl.1: $(TOOL) $(wildcard conf/models/*.conf)
	@rm -rf $(@D) && mkdir -p $(@D)
	@$(TOOL) help --pages | while read -r page; do \
		VTL_MODEL_PATH=conf/models $(TOOL) help --man $$page >"$(@D)/vtl-$$(echo "$$page" | tr ' ' -).1" || exit 1; done
	@$(TOOL) help --man >$@

# Tests: one program per test/*/*_test.c, linked with sanitized archives of the rooms.
ARCHIVES  := $(foreach r,$(ROOMS),$(BUILD)/san/$(r).a)
define ARCHIVE
$$(BUILD)/san/$(1).a: $$(call san,$$(filter-out tools/main.c,$$(S_$(1))))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR,$$@)
	$$(Q)ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call ARCHIVE,$(r))))

# What each tier of tests links; a tier sees no more than it tests.
A_unit    := tools glue hba smc ssc core control library model libmedia
A_media   := glue libmedia
A_scsi    := tools smc ssc core control library model libmedia
A_fuzz    := $(A_scsi)
A_tgt     := control model libmedia
# Other tiers whose helpers it uses.
D_fuzz    := test/scsi
T_LIB     := $(wildcard test/lib/*.c)
# Helpers of one tier that are not programs: test/TIER/*.c without _test.
define TIER
TEST_$(1) := $$(patsubst %.c,$$(BUILD)/%,$$(wildcard test/$(1)/*_test.c))
H_$(1) := $$(filter-out %_test.c,$$(wildcard test/$(1)/*.c $$(addsuffix /*.c,$$(D_$(1)))))
$$(TEST_$(1)): $$(BUILD)/%: $$(BUILD)/san/%.o $$(call san,$$(H_$(1)) $$(T_LIB)) $$(foreach r,$$(A_$(1)),$$(BUILD)/san/$$(r).a)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) -fsanitize=address,undefined -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		-lcmocka $$(L_media) $$(L_model) $$(L_control) -liscsi $$(if $$(filter %nomem_test,$$@),$$(NOMEM))
endef
# In these programs every allocation may be told to fail: test/lib/nomem.h.
NOMEM     := $(foreach f,malloc calloc realloc posix_memalign strdup,-Wl,--wrap=$(f))
TIERS     := unit media scsi fuzz tgt
$(foreach t,$(TIERS),$(eval $(call TIER,$(t))))

# Tests of the drive on memory once more, with every command through tgtd: the same programs with another world.
OVER_ISCSI := $(patsubst %,$(BUILD)/test/iscsi/ssc_%_test,position rw)
$(OVER_ISCSI): $(BUILD)/test/iscsi/%: $(BUILD)/san/test/scsi/%.o $(call san,test/scsi/scsi_io.c test/scsi/ssc_commands.c \
		test/tgt/session.c $(wildcard test/iscsi/*.c)) $(foreach r,model libmedia,$(BUILD)/san/$(r).a)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -fsanitize=address,undefined -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		-lcmocka $(L_media) $(L_model) -liscsi
tests: $(OVER_ISCSI)

.PHONY: tests check check-unit
tests: $(foreach t,$(TIERS),$(TEST_$(t)))

# The command as its shell tests run it: sanitized, libmedia within.
SAN_TOOL := $(if $(wildcard tools/main.c),$(BUILD)/san/vtl)
$(BUILD)/san/vtl: $(BUILD)/san/tools/main.o $(foreach r,tools smc ssc core control library model libmedia,$(BUILD)/san/$(r).a)
	$(CC) -fsanitize=address,undefined -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(L_media) $(L_tools)
tests: $(SAN_TOOL)

check-unit: $(TEST_unit) $(TEST_media) $(TEST_scsi) $(SAN_TOOL)
	test/run $(filter %_test,$^) $(wildcard test/unit/*.sh)

# What runs inside the virtual machine: daemons that misbehave.
KERNEL_TOOLS := $(patsubst test/kernel/%.c,$(BUILD)/kernel/%,$(wildcard test/kernel/*.c))
$(KERNEL_TOOLS): $(BUILD)/kernel/%: test/kernel/%.c $(call rel,$(M)/hba/bridge.c)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(filter-out -fPIC,$(REL)) $(I_hba) -o $@ $< $(filter %.o,$^)
tests: $(KERNEL_TOOLS)

# The bridge, in a virtual machine: boots Debian's kernel, loads our driver, runs tgtd with our modules and real clients.
.PHONY: check-kernel soak-kernel
check-kernel:
	-sh conf/deps.sh kernel
	-sh test/kernel/fetch-kernel.sh $(CACHE)/kernel
	$(MAKE) --no-print-directory all $(KERNEL_TOOLS)
	TIMEOUT=5400 test/run test/kernel/dkms_test.sh test/kernel/kernel_test.sh

# The driver for the oldest kernel that it is made for, and newer ones up to Debian's newest; one more of them is booted.
.PHONY: check-kernel-versions
check-kernel-versions:
	-sh conf/deps.sh kernel
	$(MAKE) --no-print-directory all $(KERNEL_TOOLS)
	TIMEOUT=3600 test/run test/kernel/versions_test.sh

# The same on a kernel with KASAN, lockdep and kmemleak, built out of Debian's source once.
.PHONY: check-kernel-debug
check-kernel-debug:
	-sh conf/deps.sh kernel
	$(MAKE) --no-print-directory all $(KERNEL_TOOLS)
	KERNEL_FROM=debug KERNEL_SUITES="clients death faults limits cycles fuzz" KERNEL_MEMORY=4096 KERNEL_SECONDS=3000 TIMEOUT=3600 test/run test/kernel/kernel_test.sh

# The bridge's speed there, beside scsi_debug and open-iscsi: test/kernel/guest-bench.sh; also as build/bench-kernel.json.
# ROUNDS=3 takes some minutes on a machine with nothing else to do, and never more than 50. The guest has no more
# processors than the host can give it. AWAKE=yes: round trips once more where idle processors do not halt, since to wake
# an emulated one is the host's work; it wants a host that has all of its processors for it.
.PHONY: bench-kernel
bench-kernel: run = KERNEL_SUITES=bench KERNEL_CPUS=$$(n=$$(nproc); echo $$((n < 4 ? n : 4))) KERNEL_MEMORY=4096 \
	KERNEL_ROUNDS=$${ROUNDS:-3} $(1) test/kernel/kernel_test.sh >>$(BUILD)/bench-kernel.log 2>&1 || \
	{ tail -n 40 $(BUILD)/bench-kernel.log; exit 1; }
bench-kernel:
	-sh conf/deps.sh kernel
	$(MAKE) --no-print-directory all $(KERNEL_TOOLS)
	@: >$(BUILD)/bench-kernel.log
	@$(call run,KERNEL_SECONDS=2400)
	@[ -z "$(AWAKE)" ] || $(call run,KERNEL_SECONDS=600 KERNEL_BENCH=awake GUEST_APPEND=idle=poll)
	@python3 test/kernel/bench_table.py $(BUILD)/bench-kernel.log $(BUILD)/bench-kernel.json

# Load the driver, start the daemon, add and remove devices, kill the daemon, remove the driver: CYCLES= times (1000).
soak-kernel:
	-sh conf/deps.sh kernel
	$(MAKE) --no-print-directory all $(KERNEL_TOOLS)
	KERNEL_SUITES=cycles KERNEL_CYCLES=$${CYCLES:-1000} KERNEL_CYCLES_SECONDS=$${SECONDS:-7000} KERNEL_SECONDS=7200 \
		TIMEOUT=7300 test/run test/kernel/kernel_test.sh
	@grep '^# soak' $(BUILD)/test-logs/test_kernel_kernel_test.sh.log

# What test/tgt/soak_test.sh runs against the daemon that it kills: vtl's initiator, and a model of what has to be left.
KILL_SOAK := $(if $(wildcard tools/initiator.c),$(BUILD)/kill_soak)
$(BUILD)/kill_soak: $(call rel,$(wildcard test/kill/*.c) test/lib/tape_record.c \
		$(addprefix tools/,initiator.c initiator_iscsi.c initiator_sg.c sense.c))
	$(CC) -o $@ $^ -liscsi -lpthread
tests: $(KILL_SOAK)

# Random commands for SECONDS= (60), from SEED= on; names the case that fails. See test/fuzz/fuzz_test.c.
.PHONY: fuzz
fuzz: $(TEST_fuzz)
	VTL_MODEL_PATH=$${VTL_MODEL_PATH:-$(CURDIR)/conf/models} FUZZ_COMMANDS=0xffffffffffff FUZZ_SECONDS=$${SECONDS:-60} \
		FUZZ_SEED=$$SEED $(TEST_fuzz)

# Two initiators, random everything, kill and restart, for SECONDS=3600; SEED= to begin as another run did.
.PHONY: soak
soak: all $(KILL_SOAK)
	LIMIT=$${SECONDS:-3600} TIMEOUT=1000000 test/run test/tgt/soak_test.sh
	@grep -v '^# turn' $(BUILD)/test-logs/test_tgt_soak_test.sh.log | tail -n 5

# An operator who moves, imports, exports and changes the library while the daemon is killed KILLS=1000 times; SEED=.
.PHONY: soak-operator
soak-operator: all
	KILLS=$${KILLS:-1000} TIMEOUT=36000 test/run test/tgt/operator_kill_test.sh
	@tail -n 3 $(BUILD)/test-logs/test_tgt_operator_kill_test.sh.log

check: deps
	-sh conf/deps.sh kernel
	-sh test/kernel/fetch-kernel.sh $(CACHE)/kernel && sh test/kernel/fetch-clients.sh $(CACHE)/clients
	$(MAKE) --no-print-directory all tests
	test/run $(foreach t,$(TIERS),$(TEST_$(t))) $(OVER_ISCSI) $(wildcard test/unit/*.sh test/media/*.sh test/tgt/*_test.sh) \
		test/kernel/short_test.sh

# The daemon's tests once more, with modules under AddressSanitizer and UndefinedBehaviorSanitizer inside tgtd.
.PHONY: asan check-asan
asan:
	$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CACHE=$(CACHE) \
		CC="$(CC) -fsanitize=address,undefined -fno-omit-frame-pointer" all
check-asan: asan $(TEST_tgt) $(OVER_ISCSI) $(KILL_SOAK)
	SANITIZE=1 test/run $(TEST_tgt) $(OVER_ISCSI) $(wildcard test/tgt/*_test.sh)

.PHONY: deps demo demo-stop demo-start bench install uninstall install-dkms uninstall-dkms clean help
deps:
	sh conf/deps.sh

# Backup and restore through a library in a tgtd of its own: PORT= and DIR= say where. See tools/demo.sh.
demo: deps
	$(MAKE) --no-print-directory all
	@sh tools/demo.sh run
demo-stop:
	@sh tools/demo.sh stop
demo-start:
	@sh tools/demo.sh start

# Compares with stock tgt's own tape and its null store, side by side; FULL=1: the whole grid. See test/bench/run.py.
BENCH := $(BUILD)/tape_bench
$(BENCH): $(addprefix test/bench/,tape_bench.c unit.c stream.c places.c) test/bench/unit.h
	@mkdir -p $(@D)
	$(CC) $(filter-out -fPIC,$(REL)) -Ilibmedia -o $@ $(filter %.c,$^) -liscsi
# libmedia alone, without tgtd: build/media_bench NEW-DIRECTORY [codec [blocks]]; ENCRYPT=1 in the environment: with a key.
$(BUILD)/media_bench: test/bench/media_bench.c $(M)/glue/pool.c $(MEDIA_SO)
	$(CC) $(filter-out -fPIC,$(REL)) -Ilibmedia -I$(M)/glue -o $@ $(filter %.c,$^) -L$(BUILD) -Wl,-rpath,'$$ORIGIN' -lvtlmedia -lpthread
# Elements, moves, drives and cartridges in numbers: see test/bench/scale.sh.
SCALE_BENCH := $(BUILD)/scale_bench
$(SCALE_BENCH): test/bench/scale_bench.c $(call rel,$(addprefix tools/,initiator.c initiator_iscsi.c initiator_sg.c sense.c))
	$(CC) $(filter-out -fPIC,$(REL)) -Ilibmedia -Itools -o $@ $(filter %.c %.o,$^) -liscsi
bench: all $(BENCH) $(BUILD)/media_bench $(SCALE_BENCH)
	test/bench/bench.sh
	test/bench/scale.sh

# What README says of it.
.PHONY: bench-readme
bench-readme:
	@python3 test/bench/readme.py $(BUILD)/bench.json

# make bench-compare OLD.json NEW.json: what changed.
ifeq ($(firstword $(MAKECMDGOALS)),bench-compare)
.PHONY: $(sort $(wordlist 2,3,$(MAKECMDGOALS)))
$(sort $(wordlist 2,3,$(MAKECMDGOALS))):
	@:
endif
.PHONY: bench-compare
bench-compare:
	@python3 test/bench/compare.py $(wordlist 2,3,$(MAKECMDGOALS))

# Where packaged tgtd looks for modules is compiled into it; libvtlmedia must lie outside that folder.
I_MODULES := $(DESTDIR)/usr/lib/tgt/backing-store
I_LIB     := $(DESTDIR)$(PREFIX)/lib
I_BIN     := $(DESTDIR)$(PREFIX)/bin
I_MODELS  := $(DESTDIR)$(PREFIX)/share/tgt-vtl/models
I_MAN     := $(DESTDIR)$(PREFIX)/share/man/man1
I_UNIT    := $(DESTDIR)/etc/systemd/system/tgt.service.d
I_UDEV    := $(DESTDIR)/usr/lib/udev/rules.d
I_DKMS    := $(DESTDIR)/usr/src/tgt-vtl-hba-$(VERSION)

install: all man
	install -d $(I_MODULES) $(I_LIB) $(I_BIN) $(I_MODELS) $(I_MAN) $(I_UNIT) $(I_UDEV)
	install -m 644 $(MEDIA_SO) $(I_LIB)/libvtlmedia.so.0
	$(if $(DESTDIR),,ldconfig)
	install -m 755 $(TOOL) $(I_BIN)/vtl
	install -m 644 conf/models/*.conf $(I_MODELS)
	install -m 644 $(BUILD)/man/*.1 $(I_MAN)
	install -m 644 conf/systemd/tgt-vtl.conf $(I_UNIT)/tgt-vtl.conf
	install -m 644 conf/udev/61-tgt-vtl.rules $(I_UDEV)/
	install -m 644 $(MODULE) $(I_MODULES)/vtl.so
	install -m 644 $(HBA_SO) $(I_MODULES)/vtl_hba.so
	@echo "Installed. A running tgtd loads the module when it starts next."

# The driver's source where DKMS looks for it; then: dkms install tgt-vtl-hba/VERSION
install-dkms:
	install -d $(I_DKMS)
	install -m 644 $(wildcard hba-module/*.[ch]) hba-module/Kbuild $(I_DKMS)/
	sed 's/@VERSION@/$(VERSION)/' conf/dkms/dkms.conf >$(I_DKMS)/dkms.conf
uninstall-dkms:
	rm -rf $(I_DKMS)

# Libraries and cartridges (/var/lib/tgt-vtl) and what was configured by hand stay.
uninstall:
	rm -f $(I_UDEV)/61-tgt-vtl.rules $(I_MODULES)/vtl.so $(I_MODULES)/vtl_hba.so $(I_LIB)/libvtlmedia.so.0 $(I_BIN)/vtl $(I_UNIT)/tgt-vtl.conf $(I_MAN)/vtl.1 $(I_MAN)/vtl-*.1
	rm -rf $(dir $(I_MODELS))models
	-rmdir --ignore-fail-on-non-empty $(I_UDEV) $(patsubst %/,%,$(dir $(I_MODELS))) $(I_UNIT) $(I_MODULES) $(patsubst %/,%,$(dir $(I_MODULES)))
	$(if $(DESTDIR),,ldconfig)

help:
	@echo "make demo          build, start a tape library in tgtd, back up and restore through it (root)"
	@echo "make demo-stop     end the demo's daemon; make demo-start starts it again on the same library"
	@echo "make check         all tests (root); make check-unit: those that need no root and no daemon"
	@echo "make check-asan    the daemon's tests once more, with its modules under AddressSanitizer (root)"
	@echo "make fuzz          random commands on every model for SECONDS=60, from SEED= on, under AddressSanitizer"
	@echo "make soak-operator kill the daemon KILLS=1000 times while an operator changes the library (root)"
	@echo "make soak          two initiators, random everything, kill and restart, for SECONDS=3600 (root)"
	@echo "make check-kernel  the bridge's tests in a virtual machine (root, QEMU)"
	@echo "make check-kernel-versions  the driver for Debian's kernels from 5.10 to the newest; boots another (root, QEMU)"
	@echo "make check-kernel-debug  on a kernel that looks for faults of its own, which is built first (root, QEMU)"
	@echo "make soak-kernel   driver and daemon come and go CYCLES=1000 times there, in SECONDS=7000 (root, QEMU)"
	@echo "make bench-kernel  the bridge's speed there, beside scsi_debug and open-iscsi, in ROUNDS=3 (root, QEMU)"
	@echo "make bench         speed, side by side with stock tgt (10 minutes); FULL=1: every combination (root)"
	@echo "make bench-compare OLD.json NEW.json: what changed between two runs of it (build/bench.json)"
	@echo "make install       modules, vtl, models, manual pages; make uninstall takes them away"
	@echo "make install-dkms  the bridge's driver in source, for DKMS; see conf/dkms/dkms.conf"

clean:
	rm -rf $(filter-out $(CACHE),$(wildcard $(BUILD)/*))

.SECONDARY:
-include $(shell find $(BUILD) -path $(BUILD)/cache -prune -o -name '*.d' -type f -print 2>/dev/null)
