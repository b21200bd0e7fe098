# A day in simulated time: the product's ledger, plans and reports against a calculation of its own
EXTRA_DIST += \
	tests/day/budgets.py \
	tests/day/burst_site.py \
	tests/day/day.py \
	tests/day/rules.py
# End of EXTRA_DIST

noinst_PROGRAMS += tests/day/day_driver
tests_day_day_driver_SOURCES = \
	tests/day/day_budget.c \
	tests/day/day_driver.c tests/day/day_driver.h
tests_day_day_driver_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_now_ms -Wl,--wrap=clock_now_s
tests_day_day_driver_LDADD = $(HELPER_LIBS)

.PHONY: day
day: tests/day/day_driver
	rm -rf tests/day/state
	$(top_srcdir)/tests/day/day.py tests/day/day_driver tests/day/state

clean-local: clean-day
clean-day:
	rm -rf tests/day/state
