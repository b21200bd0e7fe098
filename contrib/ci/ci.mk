# checks of the tree
.PHONY: lint
lint:
	$(top_srcdir)/contrib/ci/lint

EXTRA_DIST += \
	.clang-format \
	contrib/aws/iam-policy.json \
	contrib/ci/coverage \
	contrib/ci/install-packages \
	contrib/ci/lint \
	contrib/ci/packages \
	contrib/ci/slurm-lane \
	contrib/ci/test \
	doc/install.md
# End of EXTRA_DIST
