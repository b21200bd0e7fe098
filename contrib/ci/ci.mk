# checks of the tree
.PHONY: lint
lint:
	$(top_srcdir)/contrib/ci/lint

EXTRA_DIST += \
	.ci/run \
	.clang-format \
	contrib/ci/coverage \
	contrib/ci/install-packages \
	contrib/ci/lint \
	contrib/ci/mirror \
	contrib/ci/model \
	contrib/ci/packages \
	contrib/ci/slurm-lane \
	contrib/ci/test
# End of EXTRA_DIST
