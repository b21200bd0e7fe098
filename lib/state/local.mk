# state: the only room with SQLite
noinst_LIBRARIES += libstate.a
libstate_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
libstate_a_SOURCES = \
	lib/state/db.c lib/state/db.h lib/state/db_internal.h \
	lib/state/gang.c lib/state/gang.h \
	lib/state/instance.c lib/state/instance.h \
	lib/state/launch.c lib/state/launch.h \
	lib/state/placement.c lib/state/placement.h
# End of libstate_a_SOURCES
