# unit tests: catalog, plan
check_PROGRAMS += \
	tests/unit/test_catalog \
	tests/unit/test_identity
# End of check_PROGRAMS
tests_unit_test_catalog_SOURCES = tests/unit/test_catalog.c
tests_unit_test_catalog_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_catalog_LDADD = libcatalog.a libbase.a $(CHECK_LIBS)

# The reader on compute nodes is a script: tested against the writer in C.
EXTRA_DIST += contrib/compute-node/burst-identity
tests_unit_test_identity_SOURCES = tests/unit/test_identity.c
tests_unit_test_identity_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DBURST_IDENTITY='"$(abs_top_srcdir)/contrib/compute-node/burst-identity"'
tests_unit_test_identity_LDADD = libplan.a libbase.a $(CHECK_LIBS)
