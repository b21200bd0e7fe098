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
		 node_groups: [group("hpc"; 250; ["hpc7a.96xlarge"]), group("two"; 20; ["hpc7a.96xlarge", "c5n.18xlarge"])]}')
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

# tomorrow: the beginning of the next day of UTC, as slurmctld writes it
tomorrow() {
	date -d "$(date -u -d tomorrow +%F)T00:00:00Z" +%FT%T
}

@test "a budget of a day: who does not fit is tried again when it is over; others, and what is cheaper, go on" {
	before=$(tomorrow)
	helper budget set chem-day --who Chem --scope account --period day --limit 14 --alarm none
	first=$(submit -A chem -N 1 -t 60 -w aws-hpc-0 --wrap true)
	wait_for "told $first 'burst: 1 x hpc7a.96xlarge *'" 60
	second=$(submit -A chem -N 1 -t 60 -w aws-hpc-1 --wrap true)
	wait_for "told $second 'burst: budget chem-day (account chem, 14.00 USD a day) has * USD left until * 00:00 UTC: * spent, * held by what runs; 1 x hpc7a.96xlarge may cost * USD; tried again not before *'" 60
	wait_for "job_is $second PENDING" 60
	start=$(job_field "$second" StartTime)
	[ "$start" = "$before" ] || [ "$start" = "$(tomorrow)" ]
	[ "$(job_field "$second" Priority)" != 0 ]
	# another account
	third=$(submit -A phys -N 1 -t 60 -w aws-hpc-2 --wrap true)
	wait_for "told $third 'burst: 1 x hpc7a.96xlarge *'" 60
	# another type
	fourth=$(submit -A chem -N 1 -t 60 -w aws-two-0 --wrap true)
	wait_for "told $fourth 'burst: 1 x c5n.18xlarge *'" 60
	[ "$(new CreateFleet | wc -l)" -eq 3 ]
	run -0 helper explain "$fourth"
	text=$(tr -s ' \n' ' ' <<<"$output")
	[[ $text == *'budget chem-day (account chem, 14.00 USD a day) has '*' USD left until '* ]]
	[[ $text == *'refused hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 1 x hpc7a.96xlarge may cost '*' USD, but budget chem-day (account chem, 14.00 USD a day) has '* ]]
}

@test "held where waiting does not help: a total, more than the whole limit, no time limit, the site's bound" {
	helper budget set total --scope account --who tot --period total --limit 10 --alarm none
	first=$(submit -A tot -N 1 -t 60 -w aws-hpc-0 --wrap true)
	wait_for "told $first 'burst: 1 x hpc7a.96xlarge *'" 60
	second=$(submit -A tot -N 1 -t 60 -w aws-hpc-1 --wrap true)
	wait_for "told $second 'burst: budget total (account tot, 10.00 USD) has * USD left: * held by what runs; 1 x hpc7a.96xlarge may cost *, the cheapest allowed; a shorter time limit, fewer nodes or a higher limit would meet it; held: *'" 60
	helper budget remove total
	helper budget set day --scope site --period day --limit 20 --alarm none
	third=$(submit -N 4 -t 60 -w 'aws-hpc-[2-5]' --wrap true)
	wait_for "told $third 'burst: budget day (site, 20.00 USD a day) has *; 4 x hpc7a.96xlarge may cost *; held: *'" 60
	in_cluster scontrol update partitionname=aws maxtime=UNLIMITED
	fourth=$(submit -N 1 -t UNLIMITED -w aws-hpc-6 --wrap true)
	wait_for "told $fourth 'burst: budget day *; the job has no time limit; give one (--time) or a limit for the whole job (--burst-cost); held: *'" 60
	fifth=$(submit -N 40 -t 5 -w 'aws-hpc-[10-49]' --burst-cost=500/h --wrap true)
	wait_for "told $fifth \"burst: the site's limit for a job, 200.00 USD/h: 40 x hpc7a.96xlarge, the cheapest allowed, cost 288.00 USD/h *; held: *\"" 60
	for job in "$second" "$third" "$fourth" "$fifth"; do
		wait_for "[ \"\$(job_field $job Priority)\" = 0 ] && job_is $job PENDING" 60
	done
	[ "$(launched)" -eq 1 ]
}

@test "what a gang has cost takes the place of what it held, and is what cost report says" {
	helper budget set each --scope account --period month --limit 1000 --alarm none
	job=$(submit -A geo -N 3 -t 60 -w 'aws-hpc-[0-2]' --wrap true)
	wait_for "told $job 'burst: 3 x hpc7a.96xlarge *'" 60
	# 3 x 7.20 USD/h for the time limit and the allowances
	held=$(use each held geo)
	awk -v h="$held" 'BEGIN { exit !(h > 25 && h < 29) }'
	in_cluster scancel "$job"
	wait_for '[ "$(use each held geo)" = 0.00 ]' 120
	spent=$(use each spent geo)
	helper cost report --by account --format json >"$BATS_TEST_TMPDIR/report"
	uusd=$(jq '.rows[] | select(.key == "geo").total_uusd' "$BATS_TEST_TMPDIR/report")
	[ "$uusd" -gt 0 ]
	[ "$(jq -n --arg s "$spent" '$s | tonumber * 1000000 | round')" -eq "$uusd" ]
}

@test "set, list, show, remove; and what is refused" {
	run -0 helper budget list
	[ "$output" = 'there is no budget' ]
	run -0 helper budget set a.1 --scope user --who nobody --period day --limit 5.5
	[ "$output" = 'budget a.1 (user nobody, 5.50 USD a day) is set' ]
	run -0 helper budget show a.1
	[[ ${lines[1]} =~ ^a.1\ +user\ +nobody\ +day\ +5.50\ +0.00\ +0.00\ +5.50$ ]]
	[ "$(helper budget show a.1 --json | jq -c '.[0].alarms')" = '[50,80,100]' ]
	for bad in 'set x --scope job --period day --limit 1|no such scope' 'set x --scope site --period year --limit 1|no such period' \
		'set x --scope site --period day --limit 1EUR|not a number' 'set x --scope site --period day|are needed' \
		'set x --scope site --who ada --period day --limit 1|nobody' 'set job-hour --scope site --period day --limit 1|stands in' \
		'set a/b --scope site --period day --limit 1|not a budget' 'show b|there is no budget b' 'remove b|there is no budget b' \
		'list x|one word too many' 'show|no budget is named' 'set x --scope site --period day --limit 1 --alarm 9,8|expected such as 50,80,100'; do
		# shellcheck disable=SC2086 # words
		run ! helper budget ${bad%|*}
		[[ $output == *"${bad#*|}"* ]]
	done
	run ! as_user "$BURST_PREFIX/bin/aws-slurm-burst" -c /etc/slurm/aws-burst.yaml budget list
	run -0 helper budget remove a.1
	[ "$output" = 'budget a.1 is removed' ]
}
