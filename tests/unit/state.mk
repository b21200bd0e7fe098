# unit tests: state
STATE_TEST_LDADD = libstate.a libbase.a $(SQLITE_LIBS) $(CHECK_LIBS)
STATE_FIXTURE = tests/unit/state_fixture.c tests/unit/state_fixture.h
STATE_TEST_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)

check_PROGRAMS += tests/unit/test_gang
tests_unit_test_gang_SOURCES = tests/unit/test_gang.c $(STATE_FIXTURE)
tests_unit_test_gang_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_gang_LDADD = $(STATE_TEST_LDADD)
