# unit tests: intent
check_PROGRAMS += tests/unit/test_intent tests/unit/test_record
tests_unit_test_intent_SOURCES = tests/unit/test_intent.c
tests_unit_test_intent_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_intent_LDADD = libintent.a libbase.a $(CHECK_LIBS)
tests_unit_test_record_SOURCES = tests/unit/test_record.c
tests_unit_test_record_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_record_LDADD = libintent.a libbase.a $(CHECK_LIBS)
