# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A private Slurm for the submit side: munged, slurmctld and two slurmds in namespaces of their own,
# everything under $CLUSTER. No helper, simulator or cloud nodes, so that a job starts in
# milliseconds and a test of one option value costs as little. (For those: cluster.bash.)
# PrologSlurmctld writes its environment to $CLUSTER/prolog/JOBID, which is how a test sees the intent.
#
#	setup_file()    { cluster_start; }
#	setup()         { cluster_or_skip; }
#	teardown_file() { cluster_stop; }
#	as_user CMD...		run CMD in there as the ordinary user "alice"
#	in_cluster CMD...	the same as root
#	CLUSTER_ENV=(A=b)	more environment for both

# The plugin as users have it: not the build for coverage, whose notes would mix with what sbatch prints.
if [ -n "${BURST_PLAIN_PREFIX:-${BURST_PREFIX:-}}" ]; then
	PLUGIN=${BURST_PLAIN_PREFIX:-$BURST_PREFIX}/lib/slurm/spank_burst.so
else
	PLUGIN=${BURST_BUILD:-$PWD}/plugin/spank_burst.so
fi
CLUSTER_ENV=()
CLUSTER_CONF=slurm.conf

# cluster_missing: what this machine lacks for it, or nothing
cluster_missing() {
	local tool

	[ "$(id -u)" -eq 0 ] || { echo "needs root"; return; }
	for tool in munged slurmctld slurmd sbatch salloc srun unshare nsenter setpriv; do
		command -v "$tool" >/dev/null || { echo "needs $tool"; return; }
	done
	[ -r "$PLUGIN" ] || echo "needs $PLUGIN (BURST_PREFIX or BURST_BUILD)"
}

# For setup: bats 1.8 counts a skip in setup_file as a failure.
cluster_or_skip() {
	[ -n "${CLUSTER:-}" ] || skip "$(cluster_missing)"
}

# await SECONDS CMD...: until CMD succeeds
await() {
	local deadline=$((SECONDS + ($1 < 60 ? 60 : $1)))

	shift
	until "$@"; do
		[ $SECONDS -lt $deadline ] || { echo "gave up waiting for: $*" >&2; return 1; }
		read -rt 0.05 <> <(:) || :
	done
}

cluster_write_conf() {
	cat >"$CLUSTER/slurm.conf" <<-EOS
		ClusterName=submit
		SlurmctldHost=ctl(10.78.0.1)
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/munge
		AuthInfo=socket=$CLUSTER/run/munge.socket
		CryptoType=crypto/munge
		StateSaveLocation=$CLUSTER/state
		SlurmctldPidFile=$CLUSTER/run/slurmctld.pid
		SlurmctldLogFile=$CLUSTER/slurmctld.log
		SlurmdPidFile=$CLUSTER/run/%n.pid
		SlurmdLogFile=$CLUSTER/%n.log
		SlurmdSpoolDir=$CLUSTER/spool/%n
		SlurmctldDebug=verbose
		SlurmdDebug=debug
		PlugStackConfig=$CLUSTER/plugstack.conf
		PrologSlurmctld=$CLUSTER/prolog.sh
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SchedulerParameters=bf_interval=1,batch_sched_delay=0,sched_min_interval=1000
		SlurmdParameters=config_overrides
		ReturnToService=2
		MpiDefault=none
		KillWait=1
		NodeName=n0 NodeHostname=ctl NodeAddr=10.78.0.1 Port=17001 CPUs=64
		NodeName=n1 NodeHostname=ctl NodeAddr=10.78.0.1 Port=17002 CPUs=64
		PartitionName=all Nodes=ALL Default=YES MaxTime=10 DefaultTime=1 OverSubscribe=NO
	EOS
	cat >"$CLUSTER/prolog.sh" <<-EOS
		#!/bin/sh
		# env(1) of the job's control environment, by rename so that a reader sees the whole
		/usr/bin/env >"$CLUSTER/prolog/\$SLURM_JOB_ID.tmp"
		/bin/mv "$CLUSTER/prolog/\$SLURM_JOB_ID.tmp" "$CLUSTER/prolog/\$SLURM_JOB_ID"
	EOS
	chmod 755 "$CLUSTER/prolog.sh"
}

# What runs as process 1 of the namespaces, and so ends everything in them by its own end.
cluster_init() {
	mount --make-rprivate /
	mount --bind "$CLUSTER/passwd" /etc/passwd
	hostname ctl
	ip link set lo up
	# getaddrinfo() knows no address at all where there is none but loopback (AI_ADDRCONFIG)
	ip link add veth0 type veth peer name veth1
	ip addr add 10.78.0.1/24 dev veth0
	ip link set veth0 up
	ip link set veth1 up
	munged --key-file="$CLUSTER/munge.key" --socket="$CLUSTER/run/munge.socket" \
		--pid-file="$CLUSTER/run/munged.pid" --log-file="$CLUSTER/run/munged.log" \
		--seed-file="$CLUSTER/run/munged.seed" || return 1
	export SLURM_CONF=$CLUSTER/slurm.conf
	slurmctld -c -f "$SLURM_CONF" || return 1
	slurmd -b -N n0 -f "$SLURM_CONF" || return 1
	slurmd -b -N n1 -f "$SLURM_CONF" || return 1
	exec sleep infinity
}

# plugstack [required|optional [ARGUMENT...]]
plugstack() {
	local how=${1:-required}

	shift || :
	printf '%s %s %s\n' "$how" "$PLUGIN" "$*" >"$CLUSTER/plugstack.conf"
}

in_cluster() {
	nsenter -t "$CLUSTER_PID" -n -u -m -p --wd="$CLUSTER/home" \
		env -i PATH="$PATH" HOME=/root USER=root LC_ALL=C \
		SLURM_CONF="$CLUSTER/$CLUSTER_CONF" "${CLUSTER_ENV[@]}" "$@"
}

as_user() {
	nsenter -t "$CLUSTER_PID" -n -u -m -p --wd="$CLUSTER/home" \
		setpriv --reuid 4242 --regid 4242 --clear-groups \
		env -i PATH="$PATH" HOME="$CLUSTER/home" USER=alice LC_ALL=C \
		SLURM_CONF="$CLUSTER/$CLUSTER_CONF" "${CLUSTER_ENV[@]}" "$@"
}

# intent_of JOBID: the intent that its prolog saw, or "none".
intent_of() {
	await 20 test -e "$CLUSTER/prolog/$1" || return 1
	sed -n 's/^SPANK_BURST_INTENT=//p' "$CLUSTER/prolog/$1" | grep . || echo none
}

job_is_over() {
	! in_cluster squeue -h -j "$1" -t all -o %T 2>/dev/null | grep -qv COMPLETED
}

cluster_has_child() {
	CLUSTER_PID=$(pgrep -P "$CLUSTER_HOLDER")
}

cluster_is_up() {
	[ "$(in_cluster sinfo -h -N -o %N:%t 2>/dev/null | tr '\n' ' ')" = "n0:idle n1:idle " ]
}

cluster_start() {
	[ -z "$(cluster_missing)" ] || return 0
	CLUSTER=$(mktemp -d /tmp/submit.XXXXXX)
	chmod 755 "$CLUSTER"
	mkdir "$CLUSTER"/{run,state,spool,prolog,home}
	mkdir "$CLUSTER"/spool/n{0,1}
	chown 4242:4242 "$CLUSTER/home"
	head -c 256 /dev/urandom >"$CLUSTER/munge.key"
	chmod 600 "$CLUSTER/munge.key"
	{ cat /etc/passwd; echo "alice:x:4242:4242::$CLUSTER/home:/bin/sh"; } >"$CLUSTER/passwd"
	cluster_write_conf
	plugstack required
	export CLUSTER
	CLUSTER_INIT=$(declare -f cluster_init)
	# with the death of this shell, however it dies, all of it goes
	setpriv --pdeathsig KILL unshare --net --uts --mount --pid --fork --mount-proc --kill-child \
		bash -c "$CLUSTER_INIT; cluster_init" >"$CLUSTER/init.log" 2>&1 3>&- &
	CLUSTER_HOLDER=$!
	await 10 cluster_has_child
	export CLUSTER_HOLDER CLUSTER_PID PLUGIN
	await 30 cluster_is_up || { cat "$CLUSTER"/init.log "$CLUSTER"/*.log >&2; return 1; }
}

cluster_stop() {
	[ -n "${CLUSTER_HOLDER:-}" ] || return 0
	kill -KILL "$CLUSTER_HOLDER" 2>/dev/null || :
	wait "$CLUSTER_HOLDER" 2>/dev/null || :
	await 10 test ! -e "/proc/$CLUSTER_PID"
	rm -rf "$CLUSTER"
}
