# End to end: bats against real slurmctld, slurmd and the simulator.
