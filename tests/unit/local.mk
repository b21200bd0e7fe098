# Unit tests: one Check program per noun, tests/unit/test_NOUN.c, named in UNIT_TESTS of
# the room's own fragment.
if HAVE_CHECK
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -DVECTORS='"$(abs_top_srcdir)/tests/vectors"'
include tests/unit/base.mk
include tests/unit/intent.mk
include tests/unit/plugin.mk
include tests/unit/aws.mk
include tests/unit/slurm.mk
include tests/unit/state.mk
include tests/unit/plan.mk
include tests/unit/helper.mk
endif
