#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 4
#
# Budgets: what fits is launched, and no more, however many start at once; the others say why and when they are
# tried again. Instances have no machines here: what matters is what EC2 and Slurm are told.

# shellcheck disable=SC2016,SC2034 # wait_for evaluates its argument; SEEN is for new()
load cluster
load gang
load gang_big

# hpc7a.96xlarge is 7.20 USD an hour by the built-in table: fifty are 360 an hour
setup_file() {
	local partition
	partition=$(jq -nc '
		def group($name; $nodes; $types): {
			node_group_name: $name, max_nodes: $nodes, region: "us-east-2", purchasing_option: "on-demand",
			slurm_specifications: {CPUs: "4", RealMemory: "1000"},
			launch_template_specification: {launch_template_name: "burst-lt", version: "$Default"},
			launch_template_overrides: [$types[] | {instance_type: .}],
			subnet_ids: ["subnet-0aaaaaaaaaaaaaaa1"], security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]};
		{partition_name: "aws", partition_options: {Default: "YES", MaxTime: "10:00:00", OverSubscribe: "EXCLUSIVE"},
		 node_groups: [group("hpc"; 250; ["hpc7a.96xlarge"]), group("two"; 20; ["hpc7a.96xlarge", "c5.9xlarge"])]}')
	cluster_start --boot none --slurm SuspendTimeout=5 --slurm ResumeTimeout=1200 --conf "{
		\"slurm\": {\"requeue_delay_s\": 600, \"partitions\": [$partition]},
		\"launch\": {\"check_quotas\": false}, \"reconcile\": {\"grace_s\": 5},
		\"limits\": [{\"name\": \"job-hour\", \"scope\": \"job\", \"period\": \"hour\", \"usd\": 200}]}"
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	SEEN=$(wc -l <"$BURST_JOURNAL")
}

teardown() {
	[[ -z ${BATS_TEST_SKIPPED:-} ]] || return 0
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	for name in $(helper budget list --json | jq -r '.[] | select(.configured | not).name' | sort -u); do
		helper budget remove "$name" || :
	done
	helper open aws-hpc
	wait_for 'settled && ! in_cluster pgrep -x aws-slurm-burst' 240
	rm -f "$BURST_STATE/buckets"
	"$REHEARSAL/cluster" daemon "$BURST_DIR" ec2sim restart
}

# launched: how many instances this test's CreateFleets gave
launched() {
	new CreateFleet '.result.instances // [] | length' | jq -s 'add // 0'
}

# use NAME FIELD [WHO]: of a budget
use() {
	helper budget show "$1" --json | jq -r ".[] | select(.who == \"${3:-}\").$2"
}


@test "two hundred jobs in waves against a budget for fifty: fifty are launched, the others say why" {
	helper budget set fifty --scope site --period hour --limit 360 --alarm 50,100
	jobs=()
	for _ in 1 2 3 4; do
		jobs+=("$(submit -N 1 -t 60 --array=1-50 --wrap true)")
	done
	wait_for '[ "$(launched)" -ge 50 ]' 120
	wait_for '[ "$(grep -c "setting admin_comment to burst: budget fifty" "$BURST_SLURMCTLD_LOG")" -ge 150 ]' 180
	[ "$(launched)" -eq 50 ]
	[ "$(live_count)" -eq 50 ]
	[ "$(use fifty held)" = 360.00 ]
	[ "$(use fifty left)" = 0.00 ]
	was=$(grep -m 1 -o 'setting admin_comment to burst: budget fifty.*' "$BURST_SLURMCTLD_LOG")
	[[ $was == *'budget fifty (site, 360.00 USD/h) has '*' USD/h left: what runs may cost '*' USD/h; '*'may cost 7.20 USD/h; tried again not before '* ]]
	# once for each threshold, however many processes saw it
	[ "$(grep -c 'alarm: budget: 100 % of its limit is reached: budget fifty (site, 360.00 USD/h)' "$BURST_LOG")" -eq 1 ]
	[ "$(grep -c 'alarm: budget: 50 % of its limit' "$BURST_LOG")" -le 1 ]
	run -0 helper budget list
	[[ ${lines[1]} =~ ^fifty\ +site\ +-\ +hour\ +360.00\ +0.00\ +360.00\ +0.00$ ]]
}
