# The pure core: one list of sources for the tools, the simulator and the tests (drbd.ko reads the folder itself).
CORE_SRC := $(wildcard drbd-like/core/*.c)
