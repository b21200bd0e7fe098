# unit tests: plugin, on a fake of the SPANK calls
check_PROGRAMS += tests/unit/test_plugin
tests_unit_test_plugin_SOURCES = tests/unit/test_plugin.c \
	tests/unit/fake_spank.c tests/unit/fake_spank.h \
	plugin/options.c plugin/plugargs.c plugin/spank_burst.c plugin/submit.c
tests_unit_test_plugin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plugin_LDADD = libintent.a libbase.a $(CHECK_LIBS)
