# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about reconcile share.

ALLOWED_ERRORS+='
Nodes [^ ]+ not responding
node [^ ]+ not resumed by ResumeTimeout
_slurm_rpc_kill_job: job_str_signal\(\).*
power_save: program (exit status of|signaled: Killed)
Node [^ ]+ appears to have a different slurm.conf
error: .*Communication connection failure
validate_node_specs: Node .* unexpectedly rebooted'
export ALLOWED_ERRORS

AGREE='EC2, Slurm and state.db agree'

# reconcile [ARGUMENT...]: run one pass; its lines are in $output, one array element a line in $lines
reconcile() {
	run --separate-stderr helper reconcile "$@"
}

# agreed: a pass finds nothing to do
agreed() {
	[ "$(helper reconcile 2>&1)" = "$AGREE" ]
}

# db SQL: what state.db has
db() {
	sqlite3 -readonly "$BURST_STATE/state.db" "$1"
}

# launch_by_hand COUNT [KEY=VALUE...]: instances of nobody's making but ours, with these tags; prints their ids
launch_by_hand() {
	local count=$1 tags
	shift
	tags=$(printf '%s\n' "$@" | jq -Rn '[inputs | select(. != "") | capture("^(?<Key>[^=]*)=(?<Value>.*)$")]')
	ec2 create_fleet "$(jq -n --argjson n "$count" --argjson tags "$tags" '{
		Type: "instant",
		TargetCapacitySpecification: {TotalTargetCapacity: $n, DefaultTargetCapacityType: "on-demand"},
		LaunchTemplateConfigs: [{
			LaunchTemplateSpecification: {LaunchTemplateName: "burst-lt", Version: "$Default"},
			Overrides: [{InstanceType: "c7i.48xlarge", SubnetId: "subnet-0aaaaaaaaaaaaaaa1"}]}]} +
		if ($tags | length) > 0 then {TagSpecifications: [{ResourceType: "instance", Tags: $tags}]} else {} end')" |
		jq -r '.Instances[].InstanceIds[]'
}

instance_state() {
	ec2_objects instance "select(.id == \"$1\") | .state" | jq -r .
}

# end_by_hand ID...: as a person at EC2's console would
end_by_hand() {
	ec2 terminate_instances "$(jq -n '{InstanceIds: $ARGS.positional}' --args "$@")" >/dev/null
}

# gang_of JOB: its last gang's id
gang_of() {
	helper status --all --json | jq -r "[.gangs[] | select(.job == \"$1\")] | last | .id"
}

gang_state() {
	helper status --all --json | jq -r "[.gangs[] | select(.job == \"$1\")] | last | .state"
}

# counted RULE: how often it was repaired since the state began
counted() {
	db "SELECT coalesce(sum(value), 0) FROM counter WHERE name = 'reconcile.$1'"
}

# break_hooks NAME...: slurmctld calls them in vain, until the test ends or mend_hooks
break_hooks() {
	local hook
	for hook; do
		cp "$BURST_DIR/hooks/$hook" "$BATS_TEST_TMPDIR/hook-$hook"
		printf '#!/bin/sh\nexit 0\n' >"$BURST_DIR/hooks/$hook"
	done
}

mend_hooks() {
	local copy
	for copy in "$BATS_TEST_TMPDIR"/hook-*; do
		[[ ! -e $copy ]] || put_back "$copy" "$BURST_DIR/hooks/${copy##*/hook-}"
	done
}

# snapshot: all that a dry run must leave as it is, as text
snapshot() {
	db .dump
	ec2_objects instance '[.id, .state, .tags]'
	ec2_objects group
	in_cluster scontrol -o show node | sed -E 's/ (CPULoad|FreeMem|LastBusyTime)=[^ ]*//g'
	ls -R "$BURST_STATE"
}
