# plan: pure; base, intent and catalog only
noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	lib/plan/candidate.c lib/plan/candidate.h \
	lib/plan/identity.c lib/plan/identity.h \
	lib/plan/plan.c lib/plan/plan.h
# End of libplan_a_SOURCES
