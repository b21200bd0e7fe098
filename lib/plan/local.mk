# plan: pure; base, intent and catalog only
noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	lib/plan/apps.h \
	lib/plan/candidate.c lib/plan/candidate.h lib/plan/candidate_tell.c \
	lib/plan/detect.h \
	lib/plan/efa.c lib/plan/efa.h \
	lib/plan/identity.c lib/plan/identity.h \
	lib/plan/ladder.c lib/plan/ladder.h \
	lib/plan/marks.c lib/plan/marks.h \
	lib/plan/outcome.c lib/plan/outcome.h \
	lib/plan/plan.c lib/plan/plan.h \
	lib/plan/rank.c lib/plan/rank.h \
	lib/plan/script.h
# End of libplan_a_SOURCES
