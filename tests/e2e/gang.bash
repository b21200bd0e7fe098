# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about gangs share.

# slurmctld's message to a cancelled job's node, sent to the address that the node had before, times out
# when the node is in its next life; the gate refuses by exit status 1; a slurmd that is in the middle of
# a sentence goes with its instance.
export ALLOWED_ERRORS='Nodes [^ ]+ not responding$
PrologSlurmctld exit status 1:0
prolog_slurmctld JobId=[^ ]+ prolog exit status 1:0
slurm_receive_msg \[10\.77\.[0-9.:]+\]: Zero Bytes were transmitted or received
slurm_receive_msgs: \[\(null\)\] failed: (Connection reset by peer|Zero Bytes were transmitted or received)
slurm_msg_sendto: address:port=10\.77\.[0-9.:]+ msg_type=[0-9]+: Unexpected missing socket error'

# settled: EC2 has no instance and no placement group, and all nodes are powered down, without any other flag
settled() {
	[ "$(live_count)" -eq 0 ] && [ -z "$(ec2_objects group)" ] &&
		! in_cluster scontrol -o show node | grep -v 'State=[A-Z+]*POWERED_DOWN '
}

# requeue_ms JOB: for each of its failed starts, the milliseconds from EC2's last answer to a request of its
# way up until slurmctld has requeued it; one a line. The ending of what came lies in between, and its
# requests do not count as answers. No other job may be on its way up meanwhile.
requeue_ms() {
	{
		journal "select(.kind == \"request\" and .access_key == \"$BURST_ACCESS_KEY\" and
			(.action | test(\"^(Terminate|Delete|GetConsole)\") | not)) | .time" | jq -r . |
			date -u -f - '+%s%3N answered'
		sed -nE "s/^\[([^]]*)\] requeue job JobId=$1( .*)?\$/\1/p" "$BURST_SLURMCTLD_LOG" |
			date -u -f - '+%s%3N requeued'
	} | sort -s -n -k 1,1 | awk '$2 == "answered" { last = $1 } $2 == "requeued" { print $1 - last }'
}

# die_at WHEN... [-- MORE]: of the launches WHEN ('"call": 1', '"every": true'), the first instance ends while
# it boots, after it was bound and before the helper first looks; the second hangs, so that the gang cannot
# have come by then.
die_at() {
	local rules='' when
	while (($# > 0)) && [[ $1 != -- ]]; do
		when="{\"action\": \"CreateFleet\", $1, \"boot\":"
		rules+="${rules:+, }$when \"die\", \"instances\": [0], \"after_ms\": 2500@MORE@}, $when \"hang\", \"instances\": [1]}"
		shift
	done
	faults "[${rules//@MORE@/${2:+, $2}}]"
}
