# plan: pure; base, intent and catalog only
noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	lib/plan/identity.c lib/plan/identity.h
# End of libplan_a_SOURCES
