# state: the only room with SQLite
noinst_LIBRARIES += libstate.a
libstate_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
libstate_a_SOURCES = \
	lib/state/bucket.c lib/state/bucket.h \
	lib/state/budget.c lib/state/budget.h \
	lib/state/budget_book.c lib/state/budget_book.h \
	lib/state/budget_hold.c \
	lib/state/budget_settle.c \
	lib/state/cache.c lib/state/cache.h \
	lib/state/catalog_db.c lib/state/catalog_db.h \
	lib/state/counter.c lib/state/counter.h \
	lib/state/db.c lib/state/db.h lib/state/db_internal.h \
	lib/state/gang.c lib/state/gang.h \
	lib/state/gang_cost.c \
	lib/state/gang_job.c \
	lib/state/health.c lib/state/health.h \
	lib/state/instance.c lib/state/instance.h \
	lib/state/job_money.c lib/state/job_money.h \
	lib/state/launch.c lib/state/launch.h \
	lib/state/ledger.c lib/state/ledger.h \
	lib/state/notice.c lib/state/notice.h \
	lib/state/owned_file.c lib/state/owned_file.h \
	lib/state/placement.c lib/state/placement.h \
	lib/state/pool.c lib/state/pool.h \
	lib/state/price.c lib/state/price.h \
	lib/state/sql.c \
	lib/state/taken.c lib/state/taken.h \
	lib/state/try.c lib/state/try.h
# End of libstate_a_SOURCES
nodist_libstate_a_SOURCES = lib/state/schema.c
STATE_SCHEMA = lib/state/schema.sql lib/state/schema_2.sql
EXTRA_DIST += $(STATE_SCHEMA)
CLEANFILES += lib/state/schema.c

# each schema as a C string of its name: quotes and backslashes escaped, a literal per line
lib/state/schema.c: $(STATE_SCHEMA)
	$(AM_V_GEN)$(MKDIR_P) lib/state && { \
		echo '/* made from lib/state/schema*.sql */' && \
		echo '#include "lib/state/db_internal.h"' && \
		for f in $(STATE_SCHEMA); do \
			n=`basename $$f .sql` && \
			echo "const char db_$${n}_sql[] =" && \
			sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $(srcdir)/$$f && \
			echo ';' || exit 1; \
		done; } >$@.tmp && mv $@.tmp $@
