# End to end: bats against real slurmctld, slurmd and the simulator.
EXTRA_DIST += \
	tests/e2e/accounting.bats \
	tests/e2e/aws_client.bats \
	tests/e2e/budget.bats \
	tests/e2e/catalog.bats \
	tests/e2e/catalog_plan.bats \
	tests/e2e/cluster.bash \
	tests/e2e/browser.py \
	tests/e2e/compute-node.bats \
	tests/e2e/configure.bats \
	tests/e2e/crash.bash \
	tests/e2e/crash_daemons.bats \
	tests/e2e/crash_down.bats \
	tests/e2e/crash_resume.bats \
	tests/e2e/cost.bash \
	tests/e2e/cost.bats \
	tests/e2e/cost_html.bats \
	tests/e2e/cost_html.py \
	tests/e2e/cost_day.py \
	tests/e2e/day.bats \
	tests/e2e/dist.bats \
	tests/e2e/estimate.bats \
	tests/e2e/explain.bats \
	tests/e2e/failover.bats \
	tests/e2e/gang.bash \
	tests/e2e/gang.bats \
	tests/e2e/gang_big.bash \
	tests/e2e/gang_big.bats \
	tests/e2e/gang_boot.bats \
	tests/e2e/gang_choice.bats \
	tests/e2e/gang_classes.bats \
	tests/e2e/gang_fails.bats \
	tests/e2e/gang_huge.bats \
	tests/e2e/gang_keep.bats \
	tests/e2e/gang_lost.bats \
	tests/e2e/gang_memory.bats \
	tests/e2e/gang_odd.bats \
	tests/e2e/gang_protect.bats \
	tests/e2e/gang_race.bats \
	tests/e2e/gang_shared.bats \
	tests/e2e/gang_throttle.bats \
	tests/e2e/gang_times.bats \
	tests/e2e/gang_tries.bats \
	tests/e2e/guards.bash \
	tests/e2e/guards.bats \
	tests/e2e/guards_health.bats \
	tests/e2e/lint.bats \
	tests/e2e/mixed.bats \
	tests/e2e/money.bats \
	tests/e2e/plugin_submit.bats \
	tests/e2e/plugin_symbols.bats \
	tests/e2e/prices.bats \
	tests/e2e/private-cluster.bats \
	tests/e2e/races.bash \
	tests/e2e/races.bats \
	tests/e2e/races_cancel.bats \
	tests/e2e/races_left.bats \
	tests/e2e/reconcile.bash \
	tests/e2e/reconcile.bats \
	tests/e2e/reconcile_quiet.bats \
	tests/e2e/reconcile_nodes.bats \
	tests/e2e/reconcile_rest.bats \
	tests/e2e/reconcile_two.bats \
	tests/e2e/rehearsal.bats \
	tests/e2e/relay.py \
	tests/e2e/scenarios.bats \
	tests/e2e/slurm_client.bats \
	tests/e2e/soak.bats \
	tests/e2e/spot.bats \
	tests/e2e/set_clock.c \
	tests/e2e/state.bats \
	tests/e2e/state_clock.bats \
	tests/e2e/submit_cluster.bash \
	tests/e2e/tries.bash \
	tests/soak/soak
# End of EXTRA_DIST

# Calls lib/slurm's functions one by one, for slurm_client.bats.
noinst_PROGRAMS += tests/e2e/slurm_driver
tests_e2e_slurm_driver_SOURCES = tests/e2e/slurm_driver.c
tests_e2e_slurm_driver_LDADD = libslurmclient.a libbase.a $(SLURM_LIBS)

# Calls lib/aws's functions one by one, for aws_client.bats.
noinst_PROGRAMS += tests/e2e/ec2_client
tests_e2e_ec2_client_SOURCES = tests/e2e/ec2_client.c
tests_e2e_ec2_client_LDADD = libaws.a libcatalog.a libbase.a $(AWS_LIBS)
