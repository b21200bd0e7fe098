# unit tests: slurm
check_PROGRAMS += tests/unit/test_resumefile tests/unit/test_slurm_pure
tests_unit_test_resumefile_SOURCES = tests/unit/test_resumefile.c
tests_unit_test_resumefile_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_resumefile_LDADD = libslurmclient.a libbase.a $(JSON_LIBS) $(CHECK_LIBS)
tests_unit_test_slurm_pure_SOURCES = tests/unit/test_slurm_pure.c
tests_unit_test_slurm_pure_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_slurm_pure_LDADD = libslurmclient.a libbase.a $(CHECK_LIBS)
