# unit tests: state
STATE_TEST_LDADD = libstate.a libbase.a $(SQLITE_LIBS) $(CHECK_LIBS)
STATE_FIXTURE = tests/unit/state_fixture.c tests/unit/state_fixture.h
STATE_TEST_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)

check_PROGRAMS += tests/unit/test_gang
tests_unit_test_gang_SOURCES = tests/unit/test_gang.c $(STATE_FIXTURE)
tests_unit_test_gang_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_gang_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_launch
tests_unit_test_launch_SOURCES = tests/unit/test_launch.c $(STATE_FIXTURE)
tests_unit_test_launch_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_launch_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_instance
tests_unit_test_instance_SOURCES = tests/unit/test_instance.c $(STATE_FIXTURE)
tests_unit_test_instance_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_instance_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_job_money
tests_unit_test_job_money_SOURCES = tests/unit/test_job_money.c $(STATE_FIXTURE)
tests_unit_test_job_money_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_job_money_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_placement
tests_unit_test_placement_SOURCES = tests/unit/test_placement.c $(STATE_FIXTURE)
tests_unit_test_placement_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_placement_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_db
tests_unit_test_db_SOURCES = tests/unit/test_db.c $(STATE_FIXTURE)
tests_unit_test_db_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
EXTRA_DIST += tests/vectors/state
tests_unit_test_db_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_db_processes
tests_unit_test_db_processes_SOURCES = tests/unit/test_db_processes.c $(STATE_FIXTURE)
tests_unit_test_db_processes_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_db_processes_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_try
tests_unit_test_try_SOURCES = tests/unit/test_try.c $(STATE_FIXTURE)
tests_unit_test_try_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_try_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_pool
tests_unit_test_pool_SOURCES = tests/unit/test_pool.c $(STATE_FIXTURE)
tests_unit_test_pool_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_pool_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_notice_db
tests_unit_test_notice_db_SOURCES = tests/unit/test_notice_db.c $(STATE_FIXTURE)
tests_unit_test_notice_db_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_notice_db_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_health
tests_unit_test_health_SOURCES = tests/unit/test_health.c $(STATE_FIXTURE)
tests_unit_test_health_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_health_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_budget
tests_unit_test_budget_SOURCES = tests/unit/test_budget.c $(STATE_FIXTURE)
tests_unit_test_budget_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_budget_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_cache
tests_unit_test_cache_SOURCES = tests/unit/test_cache.c $(STATE_FIXTURE)
tests_unit_test_cache_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_cache_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_taken
tests_unit_test_taken_SOURCES = tests/unit/test_taken.c $(STATE_FIXTURE)
tests_unit_test_taken_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_taken_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_bucket
tests_unit_test_bucket_SOURCES = tests/unit/test_bucket.c $(STATE_FIXTURE)
tests_unit_test_bucket_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_bucket_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_catalog_db
tests_unit_test_catalog_db_SOURCES = tests/unit/test_catalog_db.c $(STATE_FIXTURE)
tests_unit_test_catalog_db_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_catalog_db_LDADD = libstate.a libcatalog.a libbase.a $(SQLITE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_counter
tests_unit_test_counter_SOURCES = tests/unit/test_counter.c $(STATE_FIXTURE)
tests_unit_test_counter_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_counter_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_price
tests_unit_test_price_SOURCES = tests/unit/test_price.c $(STATE_FIXTURE)
tests_unit_test_price_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_price_LDADD = $(STATE_TEST_LDADD)

check_PROGRAMS += tests/unit/test_ledger
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c $(STATE_FIXTURE)
tests_unit_test_ledger_CPPFLAGS = $(STATE_TEST_CPPFLAGS)
tests_unit_test_ledger_LDADD = $(STATE_TEST_LDADD)
