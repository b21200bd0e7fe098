# End to end: bats against real slurmctld, slurmd and the simulator.
EXTRA_DIST += tests/e2e/cluster.bash
EXTRA_DIST += tests/e2e/compute-node.bats
EXTRA_DIST += tests/e2e/slurm_client.bash
EXTRA_DIST += tests/e2e/slurm_client.bats

# Calls lib/slurm's functions one by one, for slurm_client.bats.
noinst_PROGRAMS += tests/e2e/slurm_driver
tests_e2e_slurm_driver_SOURCES = tests/e2e/slurm_driver.c
tests_e2e_slurm_driver_LDADD = libslurmclient.a libbase.a $(SLURM_LIBS)
