# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about races share: nodes that no test before had, a request held at EC2, and how it ends.
#
# shellcheck disable=SC2016 # wait_for evaluates its argument

ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
node [^ ]+ not resumed by ResumeTimeout
_slurm_rpc_kill_job: job_str_signal\(\).*
power_save: program (exit status of|signaled: Killed)
error: .*Communication connection failure
Node [^ ]+ appears to have a different slurm.conf
validate_node_specs: Node .* unexpectedly rebooted
power_save: orphaning .*process'
export ALLOWED_ERRORS

# races_start [cluster_start's options]
races_start() {
	local hpc any
	hpc=$(node_group hpc "$(types hpc7a.96xlarge | jq '. + {max_nodes: 64}')")
	any=$(node_group any '{"reuse": true, "max_nodes": 16}')
	cluster_start --slurm SuspendTime=300 --slurm SuspendTimeout=4 "$@" \
		--conf "$(tries_conf '{"slurm": {"requeue_delay_s": 3, "max_attempts": 2}, "boot": {"protect_after": 0}, "reconcile": {"grace_s": 15, "name_tags": false}}' "$hpc" |
			jq -c --argjson any "$any" '.slurm.partitions += [{partition_name: "shared",
				partition_options: {MaxTime: "1:00:00", OverSubscribe: "NO"}, node_groups: [$any]}]')" || return
	# state.db is there from the first test on
	[[ -z ${BURST_PREFIX:-} ]] || helper reconcile
}

races_setup() {
	need_helper
	begin_test
}

# db SQL: what state.db has
db() {
	sqlite3 -readonly "$BURST_STATE/state.db" "$1"
}

# gang_is JOB STATE: its last gang
gang_is() {
	[ "$(db "SELECT state FROM gang WHERE job_id = $1 ORDER BY seq DESC LIMIT 1")" = "$2" ]
}

# nodes_of JOB: separated by spaces
nodes_of() {
	in_cluster scontrol show hostnames "$(job_field "$1" NodeList)" | tr '\n' ' '
}

# all_are STATE NODE...: each is exactly so
all_are() {
	local state=$1 node
	shift
	for node; do
		[ "$(node_state "$node")" = "$state" ] || return
	done
}

# forget_answers: what the helper remembers of EC2 and would not ask again
forget_answers() {
	as_slurm sqlite3 "$BURST_STATE/state.db" 'DELETE FROM cache; DELETE FROM template'
}

# slow ACTION MS [MATCH]: each such request waits so long before EC2 acts
slow() {
	faults "[{\"action\": \"$1\", \"every\": true, \"delay_ms\": $2${3:+, \"match\": $3}}]"
}

# took_down JOB NODES LAUNCHED: nothing of it is left anywhere: LAUNCHED instances were launched in this test and
# each was ended, state.db agrees, and the NODES can be had, long before ResumeTimeout
took_down() {
	local job=$1 launched nodes
	nodes=$(in_cluster scontrol show hostnames "$2")
	wait_for '[ "$(live_count)" -eq 0 ]' 20 || return
	# shellcheck disable=SC2086
	wait_for "all_are IDLE+CLOUD+POWERED_DOWN $(tr '\n' ' ' <<<"$nodes")" 30 || return
	launched=$(new CreateFleet '.result.instances[]?' | sort)
	[ "$(grep -c . <<<"$launched")" -eq "$3" ] || {
		echo "launched $launched, expected $3"
		return 1
	}
	[ "$(new TerminateInstances '.params.InstanceIds[]' | sort -u)" = "$launched" ] || return
	wait_for "[ -z \"\$(ec2_objects group)\" ]" 20 || return
	wait_for "[ \"\$(db \"SELECT count(*) FROM gang WHERE job_id = $job AND state NOT IN ('failed', 'released')\")\" = 0 ]" 20 || return
	[ "$(db "SELECT count(*) FROM instance WHERE state != 'terminated'")" = 0 ]
}
