# What gangs cost by their size; not part of all or check, needs root: make bench
.PHONY: bench
bench: all
	$(top_srcdir)/tests/bench/resume --build .

EXTRA_DIST += \
	tests/bench/resume
# End of EXTRA_DIST
