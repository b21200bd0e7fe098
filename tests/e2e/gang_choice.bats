#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What is known of a job decides: EFA that nobody asked for, the order of types, tiers, placement, spot.
# A node group for each.

# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

setup_file() {
	local one='{"subnet_ids": ["subnet-0aaaaaaaaaaaaaaa1"]}' groups=()
	groups+=("$(node_group mixed "$(types c5n.18xlarge hpc7a.96xlarge c5.18xlarge | jq ". + $one + {max_nodes: 64}")")")
	groups+=("$(node_group plain "$(types c5.18xlarge | jq ". + $one + {max_nodes: 32}")")")
	groups+=("$(node_group tiers "$(jq -n "$one"' + {launch_template_overrides: [
		{instance_type: "c5n.18xlarge", tier: 1}, {instance_type: "hpc7a.96xlarge"}]}')")")
	groups+=("$(node_group parts "$(jq -n "$one"' + {placement: "partition"}')")")
	groups+=("$(node_group apart "$(jq -n "$one"' + {placement: "spread", max_nodes: 32}')")")
	groups+=("$(node_group spot "$(types c7i.48xlarge | jq ". + $one"' + {purchasing_option: "spot"}')")")
	# no test here waits for a boot
	cluster_start --boot none --conf "$(tries_conf '{}' "${groups[@]}")"
}

teardown_file() {
	wait_for settled 60
	cluster_stop
}

setup() {
	bats_require_minimum_version 1.5.0
	need_helper
	begin_test
}

teardown() {
	end_test
}

none() {
	faults "$(printf '%s\n' "$@" | jq -Rsc '[{action: "CreateFleet", every: true,
		capacity: (split("\n")[:-1] | map({key: ., value: 0}) | from_entries)}]')"
}

# script GROUP NODES COMMANDS [SBATCH-ARGUMENT...]: as job(), of a script of its own
script() {
	local file=$BATS_FILE_TMPDIR/used.$1 first
	first=$(cat "$file" 2>/dev/null || echo 0)
	echo $((first + $2)) >"$file"
	submit -N "$2" -t 5 -w "aws-$1-[$first-$((first + $2 - 1))]" "${@:4}" --wrap "$3"
}

@test "an MPI job of 16 nodes: EFA is required and hpc types go first, though nobody said so" {
	job=$(script mixed 16 'module load openmpi; mpirun ./solver')
	comes "$job" "16 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '16/16 on-demand, EFA, group: hpc7a.96xlarge@a1 c5n.18xlarge@a1'
	run -0 helper explain "$job"
	output=$(tr -s ' \n' ' ' <<<"$output") # lines are folded
	[[ $output == *"EFA: required (detected: mpirun starts several ranks of solver"* ]]
	[[ $output == *"; score 6990 = order 990 + hpc 5000 + memory 1000"* ]]
}

@test "an MPI job of 4 nodes: EFA is preferred, the types in the site's order" {
	job=$(script mixed 4 'module load openmpi; mpirun ./solver')
	comes "$job" "4 x c5n.18xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '4/4 on-demand, EFA, group: c5n.18xlarge@a1 hpc7a.96xlarge@a1'
}

@test "no type of the node group has EFA: an MPI job of 16 nodes comes without" {
	job=$(script plain 16 'module load openmpi; mpirun ./solver')
	comes "$job" "16 x c5.18xlarge on-demand us-east-2a, no EFA, placement group *"
	was_asked '16/16 on-demand, no EFA, group: c5.18xlarge@a1'
}

@test "no type of the node group has EFA: who asked for it is refused, and told what would do" {
	job=$(script plain 2 'module load openmpi; mpirun ./solver' --efa=required)
	fails "$job" "EFA is required (the job's --efa), but no allowed type that serves has it: allowed are c5.18xlarge; these would meet it: *"
	[ -z "$(asked)" ]
}

@test "nothing with EFA comes: the job that did not ask for it is told how to start without" {
	none hpc7a.96xlarge c5n.18xlarge
	job=$(script mixed 16 'module load openmpi; mpirun ./solver')
	fails "$job" "*; EFA is required (detected: *), with --efa=preferred it starts without*"
	was_asked '16/16 on-demand, EFA, group: hpc7a.96xlarge@a1 c5n.18xlarge@a1'
}

@test "a farm of single tasks: neither EFA nor a placement group, the types in the site's order" {
	job=$(script mixed 2 'for i in $(seq 64); do srun -n1 --exact ./one $i & done; wait')
	comes "$job" "2 x c5n.18xlarge on-demand us-east-2a, *USD/h*"
	was_asked '2/2 on-demand, no EFA: c5n.18xlarge@a1 hpc7a.96xlarge@a1 c5.18xlarge@a1'
}

@test "tiers: the second is asked when all of the first gave nothing" {
	none hpc7a.96xlarge
	job=$(script tiers 2 true --efa=required)
	comes "$job" "2 x c5n.18xlarge on-demand us-east-2a, EFA, placement group *"
	was_asked '2/2 on-demand, EFA, group: hpc7a.96xlarge@a1' '2/2 on-demand, EFA, group: c5n.18xlarge@a1'
}

@test "placement: partition" {
	job=$(script parts 9 true)
	comes "$job" "9 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group *"
	[ "$(new CreatePlacementGroup '"\(.params.Strategy) \(.params.PartitionCount)"')" = '"partition 7"' ]
}

@test "placement: spread, of seven at most" {
	job=$(script apart 7 true)
	comes "$job" "7 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group *"
	[ "$(new CreatePlacementGroup .params.Strategy)" = '"spread"' ]
	job=$(script apart 8 true)
	fails "$job" "placement spread, but a spread group takes 7 instances in a zone, and 8 are asked: *"
	was_asked '7/7 on-demand, EFA, group: hpc7a.96xlarge@a1'
}

@test "spot is not for a job that cannot be requeued" {
	job=$(script spot 2 true --no-requeue)
	fails "$job" "only spot instances are allowed, *: sbatch --requeue or launch.fallback_on_demand would meet it*"
	[ -z "$(asked)" ]
	job=$(script spot 2 true --requeue)
	comes "$job" '2 x c7i.48xlarge spot us-east-2a, *'
}
