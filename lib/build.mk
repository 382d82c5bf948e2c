# What the user programs share. A program that uses all of it: name_SRC = ... $(LIB_SRC), name_LIBS = $(LIB_LIBS)
LIB_SRC := lib/ev.c lib/log.c lib/conf.c lib/run.c
# clock_gettime is in librt before glibc 2.17
LIB_LIBS := -lrt
# A unit test adds LIB_TEST_SRC to what it tests.
LIB_TEST_SRC := lib/fault.c
