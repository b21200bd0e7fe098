# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about gangs share.

# slurmctld's message to a cancelled job's node, sent to the address that the node had before, times out
# when the node is in its next life; the gate refuses by exit status 1.
export ALLOWED_ERRORS='Nodes [^ ]+ not responding$
PrologSlurmctld exit status 1:0
prolog_slurmctld JobId=[^ ]+ prolog exit status 1:0'

# settled: EC2 has no instance and no placement group, and all nodes are powered down, without any other flag
settled() {
	[ "$(live_count)" -eq 0 ] && [ -z "$(ec2_objects group)" ] &&
		! in_cluster scontrol -o show node | grep -v 'State=[A-Z+]*POWERED_DOWN '
}
