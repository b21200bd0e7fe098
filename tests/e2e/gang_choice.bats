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
	# the kinds of job that the issue names
	groups+=("$(node_group foam "$(types c7i.48xlarge hpc7a.96xlarge | jq ". + $one + {max_nodes: 34}")")")
	groups+=("$(node_group farm "$(types c5n.18xlarge c5.18xlarge | jq ". + $one"' + {
		slurm_specifications: {CPUs: "4", RealMemory: "1000", Features: "farm"}}')")")
	groups+=("$(node_group bound "$(types c7a.48xlarge m7a.48xlarge | jq ". + $one")")")
	groups+=("$(node_group arm "$(types c7gn.16xlarge hpc7g.16xlarge | jq ". + $one"' + {
		slurm_specifications: {CPUs: "64", RealMemory: "120000", Features: "arm64,efa"}}')")")
	groups+=("$(node_group ice "$(types hpc6id.32xlarge | jq ". + $one")")")
	groups+=("$(node_group h100 "$(types p4d.24xlarge p5.48xlarge | jq ". + $one + $(gpus h100 8)")")")
	groups+=("$(node_group b300 "$(types p6-b300.48xlarge | jq ". + $one + $(gpus b300 8)")")")
	groups+=("$(node_group l4 "$(types g6.xlarge g6.12xlarge | jq ". + $one + $(gpus l4 4)")")")
	# no test here waits for a boot
	cluster_start --boot none --conf "$(tries_conf '{}' "${groups[@]}")" --slurm GresTypes=gpu
}

# gpus TYPE N: for node_group
gpus() {
	jq -nc --arg gres "gpu:$1:$2" '{slurm_specifications: {CPUs: "16", RealMemory: "100000", Gres: $gres}}'
}

# layouts: of the first CreateFleet of this test, one line for each instance type: its network interfaces, in
# the order of network cards, "TYPE: 0.0efa" as card, device index and kind; and how many have an address.
layouts() {
	jq -rs --argjson seen "$SEEN" --arg key "$BURST_ACCESS_KEY" '
		map(select(.kind == "request" and .access_key == $key)) |
		(map(select(.action == "CreateLaunchTemplateVersion" and .result.version) | {
			key: "\(.region) \(.result.version)",
			value: .params.LaunchTemplateData}) | from_entries) as $versions |
		[.[] | select(.action == "CreateFleet" and .seq > $seen)][0] | .region as $region |
		.params.LaunchTemplateConfigs[] |
		$versions["\($region) \(.LaunchTemplateSpecification.Version)"].NetworkInterfaces as $nics |
		([$nics[] | "\(.NetworkCardIndex // 0).\(.DeviceIndex)\(.InterfaceType // "interface")"] |
			join(" ")) as $text |
		.Overrides[] | "\(.InstanceType): \($text)"' "$BURST_JOURNAL"
}

# cards FIRST LAST: "1.0efa-only 2.0efa-only ..."
cards() {
	seq -f '%g.0efa-only' -s ' ' "$1" "$2"
}

# groups_made: strategies of the placement groups of this test
groups_made() {
	new CreatePlacementGroup .params.Strategy | tr -d '"'
}

teardown_file() {
	wait_for settled 60
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	end_test
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

@test "OpenFOAM on 32 nodes: EFA required, the hpc type first, both its cards, one group" {
	job=$(script foam 32 'module load openmpi openfoam; decomposePar; mpirun simpleFoam -parallel' --ntasks-per-node=4)
	comes "$job" "32 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '32/32 on-demand, EFA, group: hpc7a.96xlarge@a1 c7i.48xlarge@a1'
	[ "$(layouts | sort)" = "c7i.48xlarge: 0.0efa
hpc7a.96xlarge: 0.0interface 0.1efa-only 1.0efa-only" ]
	[ "$(groups_made)" = cluster ]
	run -0 helper explain "$job"
	[[ $(tr -s ' \n' ' ' <<<"$output") == *"EFA: required (detected: "*", 32 nodes): used"* ]]
}

@test "two nodes of MPI: EFA where it costs nothing, the types in the site's order" {
	job=$(script foam 2 'module load openmpi; mpirun ./solver')
	comes "$job" "2 x c7i.48xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '2/2 on-demand, EFA, group: c7i.48xlarge@a1 hpc7a.96xlarge@a1'
	# one type of three has none: not worth less choice
	job=$(script mixed 2 'module load openmpi; mpirun ./solver')
	comes "$job" "2 x c5n.18xlarge on-demand us-east-2a, no EFA, placement group *"
}

@test "an array of single tasks: a pool of nodes, one plain interface, no group" {
	job=$(submit --array=0-2 -N 1 -t 5 -C farm --wrap './one $SLURM_ARRAY_TASK_ID')
	says "$job" 'burst: 1 x c5n.18xlarge on-demand us-east-2a, *' 30
	was_asked '3/any on-demand, no EFA: c5n.18xlarge@a1 c5.18xlarge@a1'
	[ -z "$(groups_made)" ]
	layouts | grep -qx 'c5n.18xlarge: 0.0interface'
}

@test "hybrid MPI and OpenMP of 8 nodes: ranks by node and threads are understood" {
	job=$(script mixed 8 'export OMP_NUM_THREADS=2; module load intel-mpi; srun --mpi=pmi2 lmp -in in.lj' \
		--ntasks-per-node=2 -c 2)
	comes "$job" "8 x hpc7a.96xlarge on-demand us-east-2a, EFA, placement group *"
	was_asked '8/8 on-demand, EFA, group: hpc7a.96xlarge@a1 c5n.18xlarge@a1'
	run -0 helper explain "$job"
	[[ $(tr -s ' \n' ' ' <<<"$output") == *"EFA: preferred (detected: "*", 8 nodes): used"* ]]
}

@test "memory bounds it: of two families the one with more memory for a core, else the site's order" {
	job=$(script bound 4 'module load openmpi; mpirun wrf.exe')
	comes "$job" '4 x m7a.48xlarge on-demand us-east-2a, EFA, placement group *'
	was_asked '4/4 on-demand, EFA, group: m7a.48xlarge@a1 c7a.48xlarge@a1'
	job=$(script bound 4 'module load openmpi; mpirun lmp -in in.lj')
	comes "$job" '4 x c7a.48xlarge on-demand us-east-2a, EFA, placement group *'
}

@test "arm64: Graviton's hpc type first for tight MPI, EFA on its only card" {
	job=$(script arm 8 'module load openmpi; srun --mpi=pmix gmx_mpi mdrun -s a.tpr' --ntasks-per-node=64)
	comes "$job" "8 x hpc7g.16xlarge on-demand us-east-2a, EFA, placement group burst-rehearsal-$job-*"
	was_asked '8/8 on-demand, EFA, group: hpc7g.16xlarge@a1 c7gn.16xlarge@a1'
	[ "$(layouts | sort)" = 'c7gn.16xlarge: 0.0efa
hpc7g.16xlarge: 0.0efa' ]
}

@test "hpc6id: two cards with room for one interface each" {
	job=$(script ice 4 'module load intel-mpi; mpirun ./fluent_like' --efa=required)
	comes "$job" '4 x hpc6id.32xlarge on-demand us-east-2a, EFA, placement group *'
	[ "$(layouts)" = 'hpc6id.32xlarge: 0.0efa 1.0efa-only' ]
}

@test "NCCL on p5: 32 cards, one address; collectives are understood" {
	job=$(script h100 4 'srun --mpi=pmix all_reduce_perf -b 8 -e 8G -f 2 -g 1' --gres=gpu:h100:8 --ntasks-per-node=8)
	comes "$job" '4 x p4d.24xlarge on-demand us-east-2a, EFA, placement group *'
	was_asked '4/4 on-demand, EFA, group: p4d.24xlarge@a1 p5.48xlarge@a1'
	[ "$(layouts | sort)" = "p4d.24xlarge: 0.0interface 0.1efa-only $(cards 1 3)
p5.48xlarge: 0.0interface 0.1efa-only $(cards 1 31)" ]
	[ "$(groups_made)" = cluster ]
	run -0 helper explain "$job"
	[[ $(tr -s ' \n' ' ' <<<"$output") == *'NCCL tests'*'kept p5.48xlarge '*', 32 EFA'* ]]
}

@test "PyTorch on p6-b300: the first card without EFA, sixteen with" {
	job=$(script b300 2 'export MASTER_ADDR=x; srun torchrun --nnodes=2 --nproc-per-node=8 train.py' --gres=gpu:b300:8 \
		--efa=required)
	comes "$job" '2 x p6-b300.48xlarge on-demand us-east-2a, EFA, placement group *'
	[ "$(layouts)" = "p6-b300.48xlarge: 0.0interface $(cards 1 16)" ]
}

@test "GPUs of a single node: the type that has as many, neither EFA nor a group" {
	job=$(script l4 1 'python train.py' --gres=gpu:l4:4)
	says "$job" 'burst: 1 x g6.12xlarge on-demand us-east-2a*' 30
	was_asked '1/any on-demand, no EFA: g6.12xlarge@a1'
	[ "$(layouts)" = 'g6.12xlarge: 0.0interface' ]
	[ -z "$(groups_made)" ]
	run -0 helper explain "$job"
	[[ $(tr -s ' \n' ' ' <<<"$output") == *'EFA: disabled (one node needs no EFA)'*'refused g6.xlarge '* ]]
}
