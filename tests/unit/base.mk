# unit tests: base
check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_base_LDADD = libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_sorted
tests_unit_test_sorted_SOURCES = tests/unit/test_sorted.c
tests_unit_test_sorted_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sorted_LDADD = libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_gres
tests_unit_test_gres_SOURCES = tests/unit/test_gres.c
tests_unit_test_gres_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gres_LDADD = libbase.a $(CHECK_LIBS)
