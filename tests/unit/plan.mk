# unit tests: catalog
check_PROGRAMS += \
	tests/unit/test_catalog
# End of check_PROGRAMS
tests_unit_test_catalog_SOURCES = tests/unit/test_catalog.c
tests_unit_test_catalog_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_catalog_LDADD = libcatalog.a libbase.a $(CHECK_LIBS)

