# Units for the slurmctld host; a site links or copies them (doc/reconcile.md).
unitdir = $(pkgdatadir)/systemd
UNITS_IN = \
	contrib/systemd/aws-slurm-burst-reconcile.service.in \
	contrib/systemd/aws-slurm-burst-watch.service.in
# End of UNITS_IN
nodist_unit_DATA = $(UNITS_IN:.in=)
dist_unit_DATA = contrib/systemd/aws-slurm-burst-reconcile.timer
EXTRA_DIST += $(UNITS_IN)
CLEANFILES += $(nodist_unit_DATA)

# configure leaves ${prefix} in its own substitutions, which systemd does not know
$(nodist_unit_DATA): Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib/systemd && \
	sed -e 's,@bindir[@],$(bindir),' -e 's,@docdir[@],$(docdir),' -e 's,@localstatedir[@],$(localstatedir),' \
		$(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
contrib/systemd/aws-slurm-burst-reconcile.service: contrib/systemd/aws-slurm-burst-reconcile.service.in
contrib/systemd/aws-slurm-burst-watch.service: contrib/systemd/aws-slurm-burst-watch.service.in
