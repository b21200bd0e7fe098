# base: libc only
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	lib/base/budget_kind.c lib/base/budget_kind.h \
	lib/base/cleanup.h \
	lib/base/clock.c lib/base/clock.h \
	lib/base/err.c lib/base/err.h \
	lib/base/fileio.c lib/base/fileio.h \
	lib/base/gres.c lib/base/gres.h \
	lib/base/kv.c lib/base/kv.h \
	lib/base/money.c lib/base/money.h \
	lib/base/nodeset.c lib/base/nodeset.h \
	lib/base/process.c lib/base/process.h \
	lib/base/sorted.c lib/base/sorted.h \
	lib/base/strbuf.c lib/base/strbuf.h
# End of libbase_a_SOURCES
