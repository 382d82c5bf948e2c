# What the user programs share. A program that uses all of it: name_SRC = ... $(LIB_SRC)
LIB_SRC := lib/ev.c lib/log.c lib/conf.c lib/run.c
# A unit test adds LIB_TEST_SRC to what it tests.
LIB_TEST_SRC := lib/fault.c

UNIT_TESTS += test_ev test_log test_conf test_run test_fault
test_ev_SRC := tests/unit/test_ev.c lib/ev.c lib/fault.c
test_log_SRC := tests/unit/test_log.c lib/log.c lib/fault.c
test_conf_SRC := tests/unit/test_conf.c lib/conf.c lib/log.c lib/fault.c
test_run_SRC := tests/unit/test_run.c lib/run.c lib/ev.c lib/fault.c
test_fault_SRC := tests/unit/test_fault.c lib/fault.c
