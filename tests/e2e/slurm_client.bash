# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A slurmctld of its own in namespaces of its own, for slurm_client.bats: munged and slurmctld with
# CLOUD nodes, no slurmd unless a test starts one, no helper, no simulator.

# in_ns COMMAND...: run it inside, as root.
in_ns() {
	nsenter -t "$(cat "$CL/holder.pid")" -n -u -m -p -- "$@"
}

# as_slurm COMMAND...: as SlurmUser, as slurmctld starts its programs.
as_slurm() {
	in_ns setpriv --reuid=slurm --regid=slurm --clear-groups "$@"
}

driver() {
	as_slurm "$DRIVER" "$@"
}

# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

cluster_conf() {
	cat >"$CL/slurm.conf" <<-EOF
		ClusterName=clienttest
		SlurmctldHost=controller(10.77.0.1)
		SlurmUser=slurm
		StateSaveLocation=/var/spool/slurmctld
		SlurmctldPidFile=/run/slurmctld.pid
		SlurmctldLogFile=$CL/slurmctld.log
		SlurmctldDebug=info
		SlurmdSpoolDir=/var/spool/slurmd-%n
		SlurmdPidFile=/run/slurmd-%n.pid
		SlurmdLogFile=$CL/slurmd-%n.log
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		ReturnToService=2
		SlurmdParameters=config_overrides
		KillWait=17
		OverTimeLimit=3
		MaxArraySize=2001
		PrivateData=cloud
		PrologSlurmctld=$CL/prolog
		ResumeProgram=$CL/resume
		SuspendProgram=$CL/suspend
		SuspendTime=3600
		ResumeTimeout=300
		SuspendTimeout=20
		ResumeRate=0
		SuspendRate=0
		SchedulerParameters=bf_interval=1,sched_interval=2,power_save_min_interval=1
		SlurmctldParameters=idle_on_node_suspend,power_save_min_interval=1
		NodeName=n[0-9],x[08-12],aws-cpu-[0-299] State=CLOUD CPUs=4 RealMemory=100 Feature=efa NodeAddr=127.0.0.254
		NodeName=static0 CPUs=1 NodeAddr=127.0.0.253 State=UNKNOWN
		PartitionName=aws Nodes=n[0-9],x[08-12] Default=YES OverSubscribe=EXCLUSIVE MaxTime=7-0
		PartitionName=shared Nodes=aws-cpu-[0-299] DefaultTime=90 Hidden=YES
		PartitionName=static Nodes=static0
	EOF
	cp "$CL/slurm.conf" "$CL/etc/slurm.conf"
	cat >"$CL/prolog" <<-EOF
		#!/bin/sh
		while [ -e $CL/hold-prolog ]; do sleep 0.1; done
	EOF
	cat >"$CL/resume" <<-EOF
		#!/bin/sh
		cat "\$SLURM_RESUME_FILE" >"$CL/resume.\$\$.json"
	EOF
	printf '#!/bin/sh\nexit 0\n' >"$CL/suspend"
	chmod 755 "$CL/prolog" "$CL/resume" "$CL/suspend"
}

cluster_start() {
	CL=$1
	mkdir -p "$CL/etc" "$CL/munge" "$CL/spool" "$CL/run"
	chmod 755 "$CL"
	dd if=/dev/urandom of="$CL/munge/munge.key" bs=64 count=1 status=none
	chown -R munge:munge "$CL/munge"
	chmod 700 "$CL/munge"
	chmod 400 "$CL/munge/munge.key"
	cluster_conf
	chown slurm "$CL"
	cat >"$CL/boot" <<-EOF
		set -e
		ip link set lo up
		ip address add 10.77.0.1/32 dev lo # libslurm finds nothing to listen on with 127.0.0.1 alone
		hostname controller
		mount --make-rprivate /
		mkdir -p /etc/slurm
		mount --bind "$CL/etc" /etc/slurm
		mount --bind "$CL/munge" /etc/munge
		mount -t tmpfs -o mode=755 tmpfs /run
		mount -t tmpfs -o mode=755 tmpfs /var/spool
		install -d -o munge -g munge -m 755 /run/munge
		install -d -o munge -g munge -m 700 /run/munge-lib
		install -d -o slurm -g slurm -m 755 /var/spool/slurmctld
		cp /etc/hosts /run/hosts
		printf '10.77.0.1 controller\n' >>/run/hosts
		mount --bind /run/hosts /etc/hosts
		setpriv --reuid=munge --regid=munge --clear-groups munged --key-file=/etc/munge/munge.key \
			--seed-file=/run/munge-lib/seed --log-file=/run/munge-lib/log --pid-file=/run/munge/munged.pid
		slurmctld >"$CL/slurmctld.out" 2>&1
		touch "$CL/up"
		while :; do sleep 3600; done # not exec: the first process buries the dead
	EOF
	unshare --net --uts --mount --pid --fork --mount-proc --kill-child bash "$CL/boot" \
		>"$CL/boot.out" 2>&1 3>&- &
	echo $! >"$CL/unshare.pid"
	until_true 20 test -e "$CL/up" || {
		cat "$CL/boot.out" "$CL/slurmctld.out" >&2
		return 1
	}
	ps -o pid= --ppid "$(cat "$CL/unshare.pid")" | tr -d ' ' >"$CL/holder.pid"
	until_true 20 controller_answers || {
		tail -20 "$CL/slurmctld.log" >&2
		return 1
	}
}

controller_answers() {
	in_ns scontrol ping 2>/dev/null | grep -q 'is UP'
}

cluster_stop() {
	local pid
	pid=$(cat "$CL/unshare.pid" 2>/dev/null) || return 0
	[[ $(cat "/proc/$pid/comm" 2>/dev/null) == unshare ]] || return 0
	kill -9 "$pid" # --kill-child: with it goes everything inside
	until_true 10 test ! -e "/proc/$pid"
}

# controller stop|start
controller() {
	case $1 in
	stop)
		in_ns scontrol shutdown slurmctld
		until_true 20 controller_silent
		;;
	start)
		in_ns slurmctld >>"$CL/slurmctld.out" 2>&1 3>&-
		until_true 20 controller_answers
		;;
	esac
}

controller_silent() {
	! controller_answers && ! in_ns pgrep -x slurmctld >/dev/null
}

# slurmd_start NODE: one at a time, all have one port; -b as the machine's own boot is long ago
slurmd_start() {
	in_ns unshare -u sh -c "hostname $1; exec slurmd -b -D -N $1" >"$CL/slurmd.out" 2>&1 3>&- &
}

# submit ARGS...: as nobody; prints the job id
submit() {
	in_ns setpriv --reuid=nobody --regid=nogroup --clear-groups sh -c \
		'cd /; exec sbatch --parsable -o /dev/null "$@" --wrap "sleep 600"' sh "$@"
}

# fact KEY COMMAND...: the value of one line of the driver's answer
fact() {
	local key=$1
	shift
	driver "$@" | sed -n "s/^$key=//p"
}

job_is() {
	[[ $(fact state job "$1") == "$2" ]]
}

node_state() {
	driver nodes "$1" | sed 's/.* state=\([^ ]*\) .*/\1/'
}

node_is() {
	[[ $(node_state "$1") == "$2" ]]
}
