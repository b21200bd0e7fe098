# helper, the part that stands alone: configuration, log
noinst_LIBRARIES += libhelper_conf.a
libhelper_conf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
libhelper_conf_a_SOURCES = \
	helper/cmd_config.c helper/cmd_config.h \
	helper/conf.c helper/conf.h \
	helper/conf_rules.c \
	helper/conf_slurm.c helper/conf_slurm.h \
	helper/conf_table.c helper/conf_table.h \
	helper/conf_walk.c helper/conf_walk.h \
	helper/conf_yaml.c helper/conf_yaml.h \
	helper/log.c helper/log.h
# End of libhelper_conf_a_SOURCES
HELPER_CONF_LIBS = libhelper_conf.a libcatalog.a libintent.a libbase.a $(YAML_LIBS)

# what prolog and epilog run: no libslurm, curl, OpenSSL or JSON, since every start of a job waits for it
bin_PROGRAMS += helper/aws-slurm-burst-hook
noinst_LIBRARIES += libhelper_hook.a
libhelper_hook_a_CPPFLAGS = $(AM_CPPFLAGS) -DBINDIR='"$(bindir)"'
libhelper_hook_a_SOURCES = \
	helper/gate.c helper/gate.h \
	helper/hook.c helper/hook.h \
	helper/hook_epilog.c \
	helper/hook_prolog.c
# End of libhelper_hook_a_SOURCES
HELPER_HOOK_LIBS = libhelper_hook.a libhelper_conf.a libstate.a libcatalog.a libintent.a libbase.a \
	$(YAML_LIBS) $(SQLITE_LIBS)
helper_aws_slurm_burst_hook_SOURCES = helper/hook_main.c
helper_aws_slurm_burst_hook_LDADD = $(HELPER_HOOK_LIBS)

HOOK_LINKS += \
	aws-slurm-burst-prolog:aws-slurm-burst-hook \
	aws-slurm-burst-epilog:aws-slurm-burst-hook
