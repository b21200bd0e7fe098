# helper, the part that stands alone: configuration, log
noinst_LIBRARIES += libhelper_conf.a
libhelper_conf_a_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
libhelper_conf_a_SOURCES = \
	helper/cmd_config.c helper/cmd_config.h \
	helper/conf.c helper/conf.h \
	helper/conf_rules.c \
	helper/conf_table.c helper/conf_table.h \
	helper/conf_walk.c helper/conf_walk.h \
	helper/conf_yaml.c helper/conf_yaml.h \
	helper/log.c helper/log.h
# End of libhelper_conf_a_SOURCES
HELPER_CONF_LIBS = libhelper_conf.a libintent.a libbase.a $(YAML_LIBS)
