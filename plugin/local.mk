# The SPANK plugin: a guest in sbatch, srun, salloc. No libtool: it is a module,
# linked from its own position-independent objects and nothing but libc.
plugindir = $(SLURM_PLUGIN_DIR)
plugin_PROGRAMS = plugin/spank_burst.so
plugin_spank_burst_so_SOURCES = \
	plugin/options.c plugin/options.h \
	plugin/plugargs.c plugin/plugargs.h \
	plugin/spank_burst.c \
	plugin/submit.c plugin/submit.h \
	lib/base/err.c lib/base/kv.c lib/base/money.c lib/base/strbuf.c \
	lib/intent/intent.c
# End of plugin_spank_burst_so_SOURCES
plugin_spank_burst_so_CFLAGS = $(AM_CFLAGS) -fPIC
plugin_spank_burst_so_LDFLAGS = $(AM_LDFLAGS) -shared -Wl,-z,nodelete \
	-Wl,--version-script=$(top_srcdir)/plugin/spank_burst.map
plugin_spank_burst_so_DEPENDENCIES = plugin/spank_burst.map
EXTRA_DIST += plugin/spank_burst.map
