# unit tests: catalog, plan
check_PROGRAMS += \
	tests/unit/test_bill \
	tests/unit/test_caps \
	tests/unit/test_catalog \
	tests/unit/test_detect \
	tests/unit/test_detect_corpus \
	tests/unit/test_detect_hostile \
	tests/unit/test_identity \
	tests/unit/test_ladder \
	tests/unit/test_marks \
	tests/unit/test_nic \
	tests/unit/test_outcome \
	tests/unit/test_plan \
	tests/unit/test_plan_facts \
	tests/unit/test_plan_limit \
	tests/unit/test_plan_mixed \
	tests/unit/test_plan_properties \
	tests/unit/test_plan_steps \
	tests/unit/test_script \
	tests/unit/test_weights
# End of check_PROGRAMS
tests_unit_test_bill_SOURCES = tests/unit/test_bill.c
tests_unit_test_bill_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_bill_LDADD = libplan.a libbase.a $(CHECK_LIBS)

tests_unit_test_weights_SOURCES = tests/unit/test_weights.c
tests_unit_test_weights_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_weights_LDADD = libplan.a libbase.a $(CHECK_LIBS)

tests_unit_test_catalog_SOURCES = tests/unit/test_catalog.c
tests_unit_test_catalog_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_catalog_LDADD = libcatalog.a libbase.a $(CHECK_LIBS)

tests_unit_test_nic_SOURCES = tests/unit/test_nic.c
tests_unit_test_nic_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_nic_LDADD = libcatalog.a libbase.a $(CHECK_LIBS)

# The reader on compute nodes is a script: tested against the writer in C.
EXTRA_DIST += contrib/compute-node/burst-identity
tests_unit_test_identity_SOURCES = tests/unit/test_identity.c
tests_unit_test_identity_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DBURST_IDENTITY='"$(abs_top_srcdir)/contrib/compute-node/burst-identity"'
tests_unit_test_identity_LDADD = libplan.a libbase.a $(CHECK_LIBS)

tests_unit_test_plan_limit_SOURCES = tests/unit/test_plan_limit.c
tests_unit_test_plan_limit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_limit_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_plan_mixed_SOURCES = tests/unit/test_plan_mixed.c
tests_unit_test_plan_mixed_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_mixed_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_plan_SOURCES = tests/unit/test_plan.c
tests_unit_test_plan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_plan_facts_SOURCES = tests/unit/test_plan_facts.c
tests_unit_test_plan_facts_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_facts_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_plan_properties_SOURCES = tests/unit/test_plan_properties.c
tests_unit_test_plan_properties_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_properties_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_caps_SOURCES = tests/unit/test_caps.c
tests_unit_test_caps_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_caps_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_ladder_SOURCES = tests/unit/test_ladder.c
tests_unit_test_ladder_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ladder_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_marks_SOURCES = tests/unit/test_marks.c
tests_unit_test_marks_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_marks_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_outcome_SOURCES = tests/unit/test_outcome.c
tests_unit_test_outcome_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_outcome_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_plan_steps_SOURCES = tests/unit/test_plan_steps.c
tests_unit_test_plan_steps_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_steps_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

# Scripts with labels; not a shell's business, see contrib/ci/lint.
EXTRA_DIST += tests/corpus
tests_unit_test_detect_corpus_SOURCES = tests/unit/test_detect_corpus.c
tests_unit_test_detect_corpus_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DCORPUS='"$(abs_top_srcdir)/tests/corpus/detect"'
tests_unit_test_detect_corpus_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_detect_hostile_SOURCES = tests/unit/test_detect_hostile.c
tests_unit_test_detect_hostile_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_detect_hostile_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_script_SOURCES = tests/unit/test_script.c
tests_unit_test_script_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_script_LDADD = libplan.a libintent.a libbase.a $(CHECK_LIBS)

tests_unit_test_detect_SOURCES = tests/unit/test_detect.c
tests_unit_test_detect_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_detect_LDADD = libplan.a libintent.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_efa
tests_unit_test_efa_SOURCES = tests/unit/test_efa.c
tests_unit_test_efa_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_efa_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_rank
tests_unit_test_rank_SOURCES = tests/unit/test_rank.c
tests_unit_test_rank_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_rank_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_plan_choice
tests_unit_test_plan_choice_SOURCES = tests/unit/test_plan_choice.c
tests_unit_test_plan_choice_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_plan_choice_LDADD = libplan.a libcatalog.a libintent.a libbase.a $(CHECK_LIBS)
