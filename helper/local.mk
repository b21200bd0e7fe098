# The power-save helper.
bin_PROGRAMS += helper/aws-slurm-burst
noinst_LIBRARIES += libhelper.a

# all of the helper but main(): unit tests link it
libhelper_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)
libhelper_a_SOURCES = \
	helper/app.c helper/app.h \
	helper/attempt.c helper/attempt.h \
	helper/bind.c \
	helper/cmd_release.c \
	helper/cmd_resume.c \
	helper/cmd_resume_fail.c \
	helper/cmd_status.c \
	helper/cmd_suspend.c \
	helper/commands.h \
	helper/comment.c helper/comment.h \
	helper/demand.c helper/demand.h \
	helper/failure.c helper/failure.h \
	helper/lock.c helper/lock.h \
	helper/provision.c helper/provision.h \
	helper/release.c helper/release.h \
	helper/stale.c helper/stale.h \
	helper/wish.c helper/wish.h
# End of libhelper_a_SOURCES

helper_aws_slurm_burst_SOURCES = helper/main.c
helper_aws_slurm_burst_LDADD = libhelper.a libhelper_conf.a libplan.a libcatalog.a libstate.a \
	libslurmclient.a libaws.a libintent.a libbase.a \
	$(SLURM_LIBS) $(AWS_LIBS) $(YAML_LIBS) $(SQLITE_LIBS)

include helper/hook.mk
