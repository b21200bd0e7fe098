# What a site reads.
dist_doc_DATA = \
	LICENSE \
	NEWS \
	README.md \
	doc/accounting.md \
	doc/catalog.md \
	doc/cost.md \
	doc/detect.md \
	doc/estimate.md \
	doc/guards.md \
	doc/install.md \
	doc/limits.md \
	doc/money.md \
	doc/plugin.md \
	doc/prices.md \
	doc/reconcile.md \
	doc/scenarios.md \
	doc/spot.md \
	doc/state.md
# End of dist_doc_DATA
