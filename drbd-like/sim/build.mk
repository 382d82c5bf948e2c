# The simulator: two or three nodes on the core in one process. drbdsim_bad is the same with deliberate faults to switch on, to
# prove that the oracle bites. Both need the whole core.
SIM_SRC := $(wildcard drbd-like/sim/*.c) $(CORE_SRC)
SIM_BAD := $(patsubst drbd-like/sim/%,$(O)/gen/faulty/%,$(filter drbd-like/sim/%,$(SIM_SRC)))
ifneq ($(and $(wildcard drbd-like/core/drbd_handshake.c),$(wildcard drbd-like/core/drbd_cmd.c)),)
TEST_TOOLS += drbdsim drbdsim_bad
drbdsim_SRC = $(SIM_SRC)
drbdsim_LIBS = -lpopt
drbdsim_bad_SRC = $(SIM_BAD) $(CORE_SRC)
drbdsim_bad_LIBS = -lpopt
endif
DEPS_DEB += libpopt-dev
DEPS_EL += popt-devel

$(O)/gen/faulty/%.c: drbd-like/sim/%.c
	@mkdir -p $(@D)
	@printf '#define SIM_FAULTS\n#include "$<"\n' > $@
LINT_CFLAGS += -DSIM_FAULTS
.SECONDARY: $(SIM_BAD)
