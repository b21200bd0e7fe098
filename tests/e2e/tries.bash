# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about the tries of a start share: node groups that differ in one thing each, what
# was asked of EC2 in one line a request, and what the user reads.

# node_group NAME [JSON]: a node group with one type in two zones, JSON laid over it.
node_group() {
	jq -nc --arg name "$1" --argjson over "${2:-{\}}" '{
		node_group_name: $name, max_nodes: 16, region: "us-east-2",
		slurm_specifications: {CPUs: "4", RealMemory: "1000"},
		launch_template_specification: {launch_template_name: "burst-lt"},
		launch_template_overrides: [{instance_type: "hpc7a.96xlarge"}],
		subnet_ids: ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"],
		security_group_ids: ["sg-0aaaaaaaaaaaaaaa1"]} * $over'
}

# types TYPE...: for node_group.
types() {
	printf '%s\n' "$@" | jq -Rsc '{launch_template_overrides: (split("\n")[:-1] | map({instance_type: .}))}'
}

# tries_conf CONF GROUP...: --conf of a cluster with these node groups. What failed is not kept for
# the next test, and a second start is far away.
tries_conf() {
	local conf=$1
	shift
	printf '%s\n' "$@" | jq -sc --argjson conf "$conf" '{
		launch: {pool_memory_s: 0, quota_memory_s: 0, address_memory_s: 0, max_tries: 8, fallback_on_demand: false,
			fallback_no_placement_group: true, fallback_no_efa: true},
		slurm: {requeue_delay_s: 300, partitions: [{partition_name: "aws",
			partition_options: {Default: "YES", MaxTime: "1:00:00", OverSubscribe: "EXCLUSIVE"},
			node_groups: .}]}} * $conf'
}

# begin_test: what follows is this test's.
begin_test() {
	SEEN=$(tail -n 1 "$BURST_JOURNAL" | jq .seq)
}

# new ACTION [FILTER]: the helper's requests of this test
new() {
	requests "$1" "select(.seq > $SEEN) | ${2:-.}"
}

# asked: every CreateFleet of this test in a line, as "2/2 on-demand, EFA, group: hpc7a.96xlarge@a1 …":
# how many and how many at least, and the pools (type and the subnet's last two characters) in their order.
asked() {
	jq -rs --argjson seen "$SEEN" --arg key "$BURST_ACCESS_KEY" '
		map(select(.kind == "request" and .access_key == $key)) |
		(map(select(.action == "CreateLaunchTemplateVersion" and .result.version) | {
			key: "\(.region) \(.result.version)",
			value: .params.LaunchTemplateData}) | from_entries) as $versions |
		.[] | select(.action == "CreateFleet" and .seq > $seen) | .region as $region | .params |
		.TargetCapacitySpecification as $target | (.OnDemandOptions // .SpotOptions // {}) as $options |
		[.LaunchTemplateConfigs[] | $versions["\($region) \(.LaunchTemplateSpecification.Version)"]] as $data |
		[.LaunchTemplateConfigs[].Overrides[]] | sort_by(.Priority // 0) |
		"\($target.TotalTargetCapacity)/\($options.MinTargetCapacity // "any") " +
		"\($target.DefaultTargetCapacityType), " +
		(if $data | all(any(.NetworkInterfaces[]; .InterfaceType | startswith("efa"))) then "EFA" else "no EFA" end) +
		([$data[].CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId |
			select(.)] | unique | map(", " + .) | join("")) +
		(if all(.Placement.GroupName) then ", group" elif any(.Placement.GroupName) then ", mixed" else "" end) +
		": " + (map("\(.InstanceType)@\(.SubnetId[-2:])") | join(" "))' "$BURST_JOURNAL"
}

# job GROUP NODES [SBATCH-ARGUMENT...]: submitted, on nodes that no test before had: power saving takes its time
job() {
	local file=$BATS_FILE_TMPDIR/used.$1 first
	first=$(cat "$file" 2>/dev/null || echo 0)
	echo $((first + $2)) >"$file"
	submit -N "$2" -t 5 -w "aws-$1-[$first-$((first + $2 - 1))]" "${@:3}" --wrap 'sleep 300'
}

# none WHERE...: EC2 has nothing of TYPE/AZ, TYPE or AZ; of all with "default"
none() {
	faults "$(printf '%s\n' "$@" | jq -Rsc '[{action: "CreateFleet", every: true,
		capacity: (split("\n")[:-1] | map({key: ., value: 0}) | from_entries)}]')"
}

# was_asked LINE...: these requests, and no other
was_asked() {
	diff <(printf '%s\n' "$@") <(asked)
}

# told JOB PATTERN: what the job's comment says
told() {
	local comment
	comment=$(job_field "$1" AdminComment)
	# shellcheck disable=SC2053 # a pattern
	[[ $comment == $2 ]] || {
		printf '%s\n' "$comment"
		return 1
	}
}

# says JOB PATTERN SECONDS: wait for that comment
says() {
	# shellcheck disable=SC2034 # wait_for evaluates its argument
	local JOB=$1 PATTERN=$2
	# shellcheck disable=SC2016
	wait_for 'told "$JOB" "$PATTERN"' "$3"
}

# comes JOB PATTERN: its instances come, and the comment says which
comes() {
	says "$1" "burst: $2" 30
}

# fails JOB PATTERN: sent back, with such a comment
fails() {
	says "$1" "burst: $2" 60
}

# begins JOB LEAST MOST: it is in the queue again and waits for so many seconds, as its comment says
begins() {
	local eligible wait
	wait_for "job_is $1 PENDING" 20 || return
	eligible=$(job_field "$1" EligibleTime)
	wait=$(($(date -d "${eligible/T/ }" +%s) - $(date +%s)))
	((wait >= $2 && wait <= $3)) || {
		echo "job $1 waits for $wait s, expected $2 to $3"
		return 1
	}
	told "$1" "*; tried again not before ${eligible#*T}"
}

# groups_later: what may have been launched is looked for longer than a test should take, and no placement
# group goes before that is over; the end of the file waits for it.
groups_later() {
	: >"$BATS_FILE_TMPDIR/later"
}

# gone: EC2 has nothing of the test any more
gone() {
	[ "$(live_count)" -eq 0 ] && { [ -e "$BATS_FILE_TMPDIR/later" ] || [ -z "$(ec2_objects group)" ]; }
}

# with KEY=VALUE...: lines of the configuration are so until the test ends
with() {
	local pair
	cp "$BURST_CONF" "$BATS_FILE_TMPDIR/conf.before"
	for pair; do
		grep -qE "^ +${pair%%=*}:" "$BURST_CONF" || return
		sed -i -E "s|^( +)${pair%%=*}:.*|\1${pair%%=*}: ${pair#*=}|" "$BURST_CONF"
	done
}

end_test() {
	faults '[]'
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	partition up
	let_boot
	cluster_teardown
	if [[ -e $BATS_FILE_TMPDIR/conf.before ]]; then
		put_back "$BATS_FILE_TMPDIR/conf.before" "$BURST_CONF"
		rm "$BATS_FILE_TMPDIR/conf.before"
	fi
	wait_for gone 60
}
