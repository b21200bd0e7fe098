# plan: pure; base, intent and catalog only
noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	lib/plan/apps.c lib/plan/apps.h \
	lib/plan/bill.c lib/plan/bill.h \
	lib/plan/candidate.c lib/plan/candidate.h lib/plan/candidate_tell.c \
	lib/plan/caps.c lib/plan/caps.h \
	lib/plan/ceiling.c \
	lib/plan/detect.c lib/plan/detect.h \
	lib/plan/detect_calls.c \
	lib/plan/detect_internal.h \
	lib/plan/detect_site.c \
	lib/plan/detect_size.c \
	lib/plan/detect_step.c \
	lib/plan/efa.c lib/plan/efa.h \
	lib/plan/identity.c lib/plan/identity.h \
	lib/plan/ladder.c lib/plan/ladder.h \
	lib/plan/launch.c \
	lib/plan/marks.c lib/plan/marks.h \
	lib/plan/outcome.c lib/plan/outcome.h \
	lib/plan/plan.c lib/plan/plan.h \
	lib/plan/rank.c lib/plan/rank.h \
	lib/plan/script.c lib/plan/script.h \
	lib/plan/script_code.c \
	lib/plan/script_control.c \
	lib/plan/script_internal.h \
	lib/plan/script_list.c \
	lib/plan/script_prefix.c \
	lib/plan/script_redirect.c \
	lib/plan/script_word.c \
	lib/plan/weights.c lib/plan/weights.h
# End of libplan_a_SOURCES
