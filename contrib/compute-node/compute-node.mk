# What goes onto compute nodes; a site copies it into its image (README.md there).
computenodedir = $(pkgdatadir)/compute-node
dist_computenode_SCRIPTS = \
	contrib/compute-node/burst-hosts \
	contrib/compute-node/burst-identity \
	contrib/compute-node/burst-node \
	contrib/compute-node/burst-notice
# End of dist_computenode_SCRIPTS
dist_computenode_DATA = \
	contrib/compute-node/README.md \
	contrib/compute-node/burst-node.default \
	contrib/compute-node/burst-node.service \
	contrib/compute-node/burst-notice.service
# End of dist_computenode_DATA
