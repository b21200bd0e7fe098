#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# lib/slurm against a real slurmctld, one function after the other. Run in the build directory, as root:
#	bats SRCDIR/tests/e2e/slurm_client.bats

load cluster

setup_file() {
	export DRIVER=${BUILDDIR:-$PWD}/tests/e2e/slurm_driver
	[[ -x $DRIVER ]] || { echo "no $DRIVER: make first, run in the build directory" >&2 && return 1; }
	# Slurm alone: what the helper would do here is what is tested.
	unset BURST_PREFIX BURST_BUILD
	export HOLD=$BATS_FILE_TMPDIR/hold-prolog PROLOG=$BATS_FILE_TMPDIR/prolog
	printf '#!/bin/sh\nwhile [ -e %s ]; do sleep 0.1; done\n' "$HOLD" >"$PROLOG"
	chmod 755 "$PROLOG" "$BATS_FILE_TMPDIR"
	# Names that sort in other ways than they count, and an address that leads nowhere.
	cluster_start --nodes 1 \
		--slurm 'NodeName=n[0-9],x[08-12],cpu-[0-299] State=CLOUD CPUs=4 RealMemory=100 Feature=efa NodeAddr=127.0.0.254' \
		--slurm 'NodeName=static0 NodeAddr=127.0.0.253' \
		--slurm 'PartitionName=gang Nodes=n[0-9],x[08-12] OverSubscribe=EXCLUSIVE MaxTime=7-0' \
		--slurm 'PartitionName=shared Nodes=cpu-[0-299] DefaultTime=90 Hidden=YES' \
		--slurm 'PartitionName=static Nodes=static0' \
		--slurm "PrologSlurmctld=$PROLOG" --slurm Prolog=/bin/true --slurm KillWait=17 --slurm OverTimeLimit=3 \
		--slurm ResumeTimeout=300 --slurm SuspendTimeout=20 --slurm SuspendTime=3600 \
		--slurm SchedulerParameters=bf_interval=1,sched_interval=2
}

# What the tests themselves provoke.
# shellcheck disable=SC2034 # cluster.bash reads it
ALLOWED_ERRORS='Attempt to change admin_comment for JobId=
node "?nosuch\>
Security violation, UPDATE_NODE RPC from uid=
_slurm_rpc_requeue: Requeue of JobId=[0-9]+ returned an error:
Nodes static0 not responding'

teardown_file() {
	cluster_stop
}

# No test leaves a job or a closed gate to the next.
teardown() {
	rm -f "$HOLD"
	in_cluster scancel --user="$BURST_USER" || :
	cluster_teardown
}

driver() {
	as_slurm "$DRIVER" "$@"
}

# batch ARGS...: a job of the ordinary user; prints its id
batch() {
	submit -p gang --wrap 'sleep 600' "$@"
}

# fact KEY COMMAND...: the value of one line of the driver's answer
fact() {
	local key=$1
	shift
	driver "$@" | sed -n "s/^$key=//p"
}

# await SECONDS FUNCTION ARGS...
await() {
	local seconds=$1
	shift
	wait_for "${*@Q}" "$seconds"
}

state_is() {
	[[ $(fact state job "$1") == "$2" ]]
}

node_line() {
	driver nodes "$1" | sed 's/.* state=\([^ ]*\) .*/\1/'
}

line_is() {
	[[ $(node_line "$1") == "$2" ]]
}

says() {
	[[ $output == *"$1"* ]] || {
		printf 'not said: %s\nbut: %s\n' "$1" "$output" >&2
		return 1
	}
}

is() {
	[[ $1 == "$2" ]] || {
		printf 'is: %s\nnot: %s\n' "$1" "$2" >&2
		return 1
	}
}

# NAME ADDR of the nodes in $1
addr_of() {
	driver nodes "$1" | sed 's/ addr=\([^ ]*\) hostname=\([^ ]*\) .*/ \1 \2/'
}

@test "init: a slurm.conf that is absent, unreadable, empty or wrong is an error, not an exit" {
	run -3 driver -c /nosuch/slurm.conf init
	is "$output" "config -: /nosuch/slurm.conf: No such file or directory"
	run -3 as_slurm env SLURM_CONF=/nosuch "$DRIVER" init
	is "$output" "config -: /nosuch: No such file or directory"
	printf 'ClusterName=x\nNoSuchKey=1\n' >"$BATS_FILE_TMPDIR/bad.conf"
	chmod 644 "$BATS_FILE_TMPDIR/bad.conf"
	run -3 driver -c "$BATS_FILE_TMPDIR/bad.conf" init
	says "config -: $BATS_FILE_TMPDIR/bad.conf: "
	says "unrecognized key: NoSuchKey"
	: >"$BATS_FILE_TMPDIR/bad.conf"
	run -3 driver -c "$BATS_FILE_TMPDIR/bad.conf" init
	says "is empty"
	chmod 600 "$BATS_FILE_TMPDIR/bad.conf"
	run -3 driver -c "$BATS_FILE_TMPDIR/bad.conf" init
	is "$output" "config -: $BATS_FILE_TMPDIR/bad.conf: Permission denied"
	run -0 driver -c "$BURST_SLURM_CONF" init
	is "$output" ok
	run -1 driver -c - site
	is "$output" "fatal -: slurm_client_init() was not called"
}

@test "init: works with SIGCHLD ignored and with descriptors 0 to 2 closed" {
	run -0 as_slurm env --ignore-signal=CHLD "$DRIVER" init
	is "$output" ok
	run -0 as_slurm sh -c "$DRIVER init <&- >&- 2>&-; echo \$?"
	is "$output" 0
}

@test "site: the controller's configuration" {
	run -0 driver site
	version=$(slurmctld -V | sed 's/^[^ ]* //')
	says "cluster=rehearsal"
	says "version=$version"
	IFS=. read -r major minor _ <<<"$version"
	says "version_number=$major$minor"
	says "state_dir=/var/spool/slurmctld"
	says "slurm_user=slurm"
	says "resume_timeout_s=300"
	says "suspend_timeout_s=20"
	says "kill_wait_s=17"
	says "over_time_s=180"
	says "resume_rate=0"
	says "suspend_rate=0"
	says "private_cloud=1"
	says "prolog=1"
}

@test "nodes: all cloud nodes, a choice in its order, one, none" {
	run -0 driver nodes
	is "${#lines[@]}" 316
	[[ $output != *static0* ]]
	run -0 driver nodes x08,n3,nosuch,static0
	is "${#lines[@]}" 3
	is "${lines[0]}" "x08 addr=127.0.0.254 hostname=x08 state=IDLE+CLOUD+POWERED_DOWN registered=0 booted=0 cpus=4 mem=100 reason="
	[[ ${lines[1]} == "n3 "* && ${lines[2]} == "static0 "* ]]
	run -0 driver nodes n3
	is "${#lines[@]}" 1
	run -0 driver nodes nosuch
	is "$output" ""
}

@test "job: a batch job's facts" {
	before=$(date +%s)
	job=$(batch -N2 -n8 -C efa -t 90 -J 'my job' -w 'n[7-8]')
	await 10 state_is "$job" CONFIGURING
	run -0 driver job "$job"
	for line in "job_id=$job" "name=$job" array_job_id=0 het_leader=0 het_ids= restart=0 batch=1 requeue=1 \
		"uid=$(in_cluster id -u "$BURST_USER")" "user=$BURST_USER" partition=gang "job_name=my job" features=efa 'nodes=n[7-8]' batch_host=n7 \
		'admin_comment=(none)' num_nodes=2 num_tasks=8 cpus=8 time_limit_s=5400 exclusive=1; do
		says "$line"$'\n' || is "${lines[-1]}" "$line"
	done
	(($(fact submit_s job "$job") >= before))
	(($(fact start_s job "$job") >= before))
	run -0 driver jobs
	says "$job $job CONFIGURING n[7-8]"
	run -8 driver job 99999
	says "notfound 2017: job 99999: "
	job=$(submit -N1 -p shared -H --wrap true)
	is "$(fact exclusive job "$job")" 0
	is "$(fact nodes job "$job")" ""
	is "$(fact state job "$job")" PENDING
}

@test "job: tasks of an array have their own names, the last one too" {
	array=$(batch -N1 --array=0-3)
	all_configuring() {
		[[ $(driver jobs | grep -c "${array}_[0-3] CONFIGURING") == 4 ]]
	}
	await 15 all_configuring
	is "$(fact name job "$array")" "${array}_3"
	is "$(fact array_job_id job $((array + 2)))" "$array"
	driver change "${array}_1" admin=only
	for task in 0 1 2 3; do
		comment=$(fact admin_comment job "$(driver jobs | sed -n "s/ ${array}_$task .*//p")")
		((task == 1)) && is "$comment" only || is "$comment" "(none)"
	done
	driver change "${array}_3" admin=last
	run -0 in_cluster scontrol show job "$array"
	is "$(grep -c AdminComment=last <<<"$output")" 1
	driver cancel "${array}_3"
	run -0 driver jobs
	is "$(grep -c "${array}_[0-3] CONFIGURING" <<<"$output")" 3
	later=$(batch -N1 --array=2-9%2 -H)
	is "$(fact name job "$later")" "${later}_[2-9]"
	driver change "${later}_[2-9]" admin=meta
	is "$(fact admin_comment job "$later")" meta
}

@test "job: components of a heterogeneous job" {
	printf '#!/bin/sh\nsleep 600\n' >"$BURST_HOME/script"
	leader=$(as_user \
		sbatch --parsable -o /dev/null -p gang -N1 : -p gang -N1 <"$BURST_HOME/script")
	await 15 state_is $((leader + 1)) CONFIGURING
	is "$(fact name job "$leader")" "$leader+0"
	is "$(fact name job $((leader + 1)))" "$leader+1"
	is "$(fact het_leader job $((leader + 1)))" "$leader"
	is "$(fact het_ids job "$leader")" "[$leader-$((leader + 1))]"
	is "$(fact het_ids job $((leader + 1)))" ""
	driver change "$leader+1" admin=second
	is "$(fact admin_comment job "$leader")" "(none)"
	driver change "$leader+0" admin=first
	is "$(fact admin_comment job "$leader")" first
	is "$(fact admin_comment job $((leader + 1)))" second
	driver cancel "$leader"
	await 10 state_is "$leader" ENDED
	await 10 state_is $((leader + 1)) ENDED
}

@test "prolog_done: 0 while PrologSlurmctld runs" {
	touch "$HOLD"
	job=$(batch -N1)
	await 10 state_is "$job" CONFIGURING
	run -0 driver prolog "$job"
	is "$output" done=0
	rm "$HOLD"
	prolog_is_done() {
		[[ $(driver prolog "$job") == done=1 ]]
	}
	if slurm_before 24 11; then
		await 5 prolog_is_done
	else
		# not before the node is up; a job that is over has no prolog
		[[ $(driver prolog "$job") == done=0 ]]
		in_cluster scancel "$job"
		await 5 prolog_is_done
	fi
	run -8 driver prolog 99999
	is "$output" "notfound -: job 99999: unknown to slurmctld"
}

@test "stored_intent: from the job's stored environment, of an array by its own number" {
	job=$(as_user env SLURM_SPANK_BURST_INTENT='v=1;efa=required' sbatch --parsable -H --wrap true)
	run -0 driver stored /var/spool/slurmctld "$job"
	is "$output" "intent=v=1;efa=required"
	job=$(as_user env SLURM_SPANK_BURST_INTENT='v=1;efa=disabled' sbatch --parsable -H --array=3-4 --wrap true)
	run -0 driver stored /var/spool/slurmctld "$job"
	is "$output" "intent=v=1;efa=disabled"
	job=$(batch -H)
	run -0 driver stored /var/spool/slurmctld "$job"
	is "$output" "intent=(none)"
	run -8 driver stored /var/spool/slurmctld 99999
	says "notfound -: cannot open /var/spool/slurmctld/hash.9/job.99999/environment: "
}

@test "job: what it asks of a node" {
	job=$(batch -H -N2 --ntasks-per-node=2 -c2 --mem-per-cpu=100)
	run -0 driver job "$job"
	for expected in tasks_per_node=2 cpus_per_task=2 mem_mib_per_node=400 gpus_per_node=0; do
		printf '%s\n' "${lines[@]}" | grep -qx "$expected"
	done
	job=$(batch -H -N2 --mem=700)
	run -0 driver job "$job"
	printf '%s\n' "${lines[@]}" | grep -qx mem_mib_per_node=700
	printf '%s\n' "${lines[@]}" | grep -qx tasks_per_node=0
}

@test "script: the batch script as it is stored, of an array by its own number" {
	job=$(as_user sbatch --parsable -H --array=3-4 < <(printf '#!/bin/sh\n#SBATCH -N2\nsrun true\n'))
	run -0 driver script /var/spool/slurmctld "$job"
	is "$output" $'32 bytes\n#!/bin/sh\n#SBATCH -N2\nsrun true'
	run -8 driver script /var/spool/slurmctld 99999
	says "notfound -: cannot open /var/spool/slurmctld/hash.9/job.99999/script: "
}

@test "announce: each node gets its own address, in whatever order they are given" {
	run -0 driver announce x10=10.3.0.10 n9=10.3.0.9 x08=10.3.0.8 n0=10.3.0.100 cpu-10=10.3.1.10 \
		cpu-9=10.3.1.9 cpu-100=fd00::64 n3=10.3.0.3
	run -0 addr_of x08,x10,n0,n3,n9,cpu-9,cpu-10,cpu-100
	is "$output" "x08 10.3.0.8 x08
x10 10.3.0.10 x10
n0 10.3.0.100 n0
n3 10.3.0.3 n3
n9 10.3.0.9 n9
cpu-9 10.3.1.9 cpu-9
cpu-10 10.3.1.10 cpu-10
cpu-100 fd00::64 cpu-100"
	mapfile -t nodes < <(for i in {0..299}; do echo "cpu-$i=10.$((i % 7)).$((i / 200)).$((i % 200 + 1))"; done | shuf)
	run -0 driver announce "${nodes[@]}"
	run -0 addr_of 'cpu-[0-299]'
	for i in {0..299}; do
		is "${lines[i]}" "cpu-$i 10.$((i % 7)).$((i / 200)).$((i % 200 + 1)) cpu-$i"
	done
	run -0 driver announce
}

@test "announce: refuses what would shift the lists" {
	run -2 driver announce n1=10.0.0.1 n1=10.0.0.2
	is "$output" "usage -: node n1 is named twice"
	run -2 driver announce 'n1=10.0.0.[1-2]'
	is "$output" "usage -: node n1: node address with byte 0x5b"
	run -2 driver announce 'n[1-2]=10.0.0.1'
	says "usage -: name of node 0: "
	run -2 driver announce n1=
	says "node address of 0 characters"
	run -2 driver announce n1=10.0.0.1,i-1,a,b
	is "$output" "usage -: instance type of node n1: node address with byte 0x2c"
	run -8 driver announce nosuch=10.0.0.1
	says "notfound 2018: telling slurmctld the addresses: "
}

@test "tell_instances: InstanceId and InstanceType where Slurm has them, else nothing" {
	set -- n1=10.0.0.1,i-0123456789abcdef0,hpc7a.96xlarge n2=10.0.0.2,i-0fedcba9876543210,c7i.48xlarge
	run -0 driver announce "$@"
	run -0 driver tell "$@"
	is "$output" ""
	run -0 in_cluster scontrol show node n2
	if (($(fact version_number site) >= 2311)); then
		says "InstanceId=i-0fedcba9876543210 InstanceType=c7i.48xlarge"
	else
		[[ $output != *i-0fed* ]]
	fi
}

@test "force_down: one request requeues the job; then comment and begin time; RESUME ends the wait" {
	job=$(batch -N2 --no-requeue -w 'n[5-6]')
	await 10 state_is "$job" CONFIGURING
	run -9 driver change "$job" begin=1999999999
	says "busy 2073: job $job: slurmctld refuses the change: "
	driver change "$job" requeue=1 "admin=burst: no capacity; 115.20 USD/h, \"8 x\" not before 09:30"
	run -0 driver force-down n6,n5,n6 127.0.0.253 "burst: no capacity"
	is "$output" ""
	run -0 addr_of 'n[5-6]'
	is "$output" "n5 127.0.0.253 n5
n6 127.0.0.253 n6"
	begin=$(($(date +%s) + 600))
	run -0 driver change "$job" "begin=$begin" requeue=0
	run -0 driver job "$job"
	says state=PENDING
	says restart=1
	says requeue=0
	says "eligible_s=$begin"
	says 'admin_comment=burst: no capacity; 115.20 USD/h, "8 x" not before 09:30'
	run -0 driver nodes n5
	says "reason=burst: no capacity"
	says registered=0
	await 10 line_is n6 IDLE+CLOUD+POWERING_DOWN
	await 10 line_is n5 IDLE+CLOUD+POWERING_DOWN
	run -0 driver resume 'n[4-6]' # n4 is not powering down: harmless
	is "$output" ""
	is "$(node_line n5)" IDLE+CLOUD+POWERED_DOWN
	is "$(node_line n6)" IDLE+CLOUD+POWERED_DOWN
}

@test "force_down: powered-down nodes, unknown nodes, bad lists" {
	run -0 driver force-down n4 - -
	is "$(addr_of n4 | cut -d' ' -f2)" 127.0.0.254
	await 10 line_is n4 IDLE+CLOUD+POWERING_DOWN
	run -0 driver force-down n4 127.0.0.253 again
	driver resume n4
	is "$(node_line n4)" IDLE+CLOUD+POWERED_DOWN
	run -8 driver force-down nosuch 127.0.0.253 why
	says "notfound 2018: forcing nodes down: "
	run -2 driver force-down 'n[1' 127.0.0.253 why
	is "$output" "usage -: '[' without ']'"
	run -2 driver force-down n1 127.0.0.1,127.0.0.2 why
	says "node address with byte 0x2c"
	run -0 driver force-down '' 127.0.0.253 why
}

@test "hold: the user can release it" {
	job=$(batch -N1 --begin=now+1hour)
	driver change "$job" hold
	is "$(in_cluster squeue -h -j "$job" -o %r)" JobHeldUser
	as_user scontrol release "$job"
	[[ $(in_cluster squeue -h -j "$job" -o %r) != *Held* ]]
}

@test "change, cancel: errors by class" {
	job=$(batch -N1 -H)
	run -3 driver change "$job" system=x
	says "config -: job $job: slurmctld takes no system comment"
	run -8 driver change 99999 hold
	says "notfound 2017: job 99999: "
	run -2 driver change "${job}x" hold
	says "usage -: not the name of one job"
	run -2 driver cancel "$job,1"
	says "usage -: not the name of one job"
	run -0 driver cancel "$job"
	run -0 driver cancel "$job"
	await 5 state_is "$job" ENDED
	run -8 driver cancel 99999
	says "notfound 2017: job 99999: cancelling: "
	run -8 driver change "$job" hold
	says "notfound 2084: job $job: "
}

@test "an ordinary user is refused" {
	job=$(batch -N1 -H)
	run -4 as_user "$DRIVER" change "$job" admin=me
	says "auth 2002: "
	run -4 as_user "$DRIVER" force-down n2 - -
	says "auth "
}

@test "notify: srun shows it, and ends when its nodes are forced down" {
	as_user \
		srun -p shared -w cpu-7 -N1 hostname >"$BATS_TEST_TMPDIR/srun.out" 2>&1 3>&- &
	srun=$!
	srun_is_configuring() {
		driver jobs | grep -q 'CONFIGURING cpu-7$'
	}
	await 10 srun_is_configuring
	job=$(driver jobs | sed -n 's/ .* CONFIGURING cpu-7$//p')
	is "$(fact batch job "$job")" 0
	is "$(fact time_limit_s job "$job")" 5400
	run -0 driver notify "$job" "burst: no capacity in us-east-2b"
	run -0 driver force-down cpu-7 127.0.0.253 "burst: no capacity"
	status=0
	wait "$srun" || status=$?
	is "$status" 1
	grep -q '^srun: burst: no capacity in us-east-2b$' "$BATS_TEST_TMPDIR/srun.out"
	run -2 driver notify 0 all
	is "$output" "usage -: job 0"
	run -8 driver notify 99999 x
	says "notfound 2017: job 99999: "
}

@test "a node that registers; POWER_DOWN_ASAP leaves its job alone and takes the node after it" {
	job=$(batch -N1 -w n1)
	await 10 state_is "$job" CONFIGURING
	await 10 line_is n1 ALLOCATED+CLOUD+POWERING_UP+NOT_RESPONDING
	driver announce n1=127.0.0.1
	# -b: the machine's own boot is long ago
	in_cluster unshare -u sh -c 'hostname n1; exec slurmd -b -D -N n1' >"$BATS_TEST_TMPDIR/slurmd.out" 2>&1 3>&- &
	await 60 state_is "$job" RUNNING
	run -0 driver nodes n1
	says "state=ALLOCATED+CLOUD registered=1 booted=1"
	run -0 driver down-asap n1
	run -0 driver nodes n1
	says "state=ALLOCATED+CLOUD+DRAIN+POWER_DOWN registered=1"
	is "$(fact state job "$job")" RUNNING
	driver cancel "$job"
	await 20 line_is n1 IDLE+CLOUD+POWERING_DOWN
	run -0 driver nodes n1
	says registered=0
}

@test "a node that is to go: signal, reason, requeue of a job that has ended and of one that runs" {
	# the test before's has the port
	in_cluster pkill slurmd || :
	wait_for '! in_cluster pgrep slurmd' 10
	driver announce n3=127.0.0.1
	job=$(submit_script -p gang -N 1 -w n3 <<-'END'
	#!/bin/bash
	echo "start ${SLURM_RESTART_COUNT:-0}"
	trap 'echo got USR1; exit 3' USR1
	while :; do sleep 1 & wait $!; done
	END
	)
	await 10 state_is "$job" CONFIGURING
	await 10 line_is n3 ALLOCATED+CLOUD+POWERING_UP+NOT_RESPONDING
	driver announce n3=127.0.0.1
	in_cluster unshare -u sh -c 'hostname n3; exec slurmd -b -D -N n3' >"$BATS_TEST_TMPDIR/slurmd.out" 2>&1 3>&- &
	wait_for "grep -q 'start 0' '$BURST_HOME/$job.out'" 60
	since=$(fact since changed 0)
	sleep 1.1
	run -0 driver changed "$since"
	says changed=0
	run -0 driver leave n3 "burst spot: i-1 will be taken back"
	run -0 driver changed "$since"
	says changed=1
	says "n3 uid=$(id -u slurm) age=1 reason=burst spot: i-1 will be taken back"
	run -0 driver nodes n3
	says "state=ALLOCATED+CLOUD+DRAIN+POWER_DOWN registered=1"
	run -0 driver signal "$job" 10 batch
	wait_for "grep -q 'got USR1' '$BURST_HOME/$job.out'" 10
	await 20 state_is "$job" ENDED
	run -0 driver job "$job"
	says succeeded=0
	says cancelled=0
	run -0 driver requeue "$job"
	await 20 state_is "$job" PENDING
	is "$(fact restart job "$job")" 1
	run -9 driver requeue "$job"
	says "busy 2024: job $job: requeueing: "
	run -9 driver signal "$job" 10 batch
	says "busy 2020: job $job: sending a signal: "
	run -8 driver requeue 99999
	says "notfound 2017: job 99999: requeueing: "
	run -8 driver signal 99999 10 steps
	says "notfound 2017: job 99999: sending a signal: "
	run -2 driver signal "$job,1" 10 all
	# the drain goes with the node; the reason stays in its record
	await 20 line_is n3 IDLE+CLOUD+POWERING_DOWN
	driver cancel "$job"
	await 10 state_is "$job" ENDED
	run -0 driver job "$job"
	says cancelled=1
	run -4 as_user "$DRIVER" leave n3 mine
}

@test "slurmctld down: transient, with its number" {
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld stop
	run -5 driver nodes n1
	says "transient 1800: asking slurmctld for the nodes: "
	run -5 driver prolog 1
	says "transient 1800: job 1: asking slurmctld for its prolog: "
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld start
	run -0 driver nodes n1
}
