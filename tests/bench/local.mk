# What gangs cost by their size, and estimates by the catalogue's; not part of all or check, needs root: make bench
.PHONY: bench
bench: all
	$(top_srcdir)/tests/bench/estimate --build . --limit-ms 50
	$(top_srcdir)/tests/bench/resume --build .
	$(top_srcdir)/tests/bench/reconcile --build . --max-cpu-ms 1000

EXTRA_DIST += \
	tests/bench/reconcile \
	tests/bench/estimate \
	tests/bench/resume
# End of EXTRA_DIST
