#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# minutes: 3
# Two living slurmctlds on one state directory: the first dies with a gang on its way up, the second takes over, and
# later gives back (doc/state.md, "Another host").

# wait_for evaluates its text later
# shellcheck disable=SC2016,SC2034

load cluster
load gang
load tries
load races

ALLOWED_ERRORS+='
.*slurm_msg_sendto: address:port=10\.77\.0\.[12]:[0-9]+ .*
.*(Connection refused|Connection timed out|Connection reset by peer)
.*slurm_persist_conn_open_without_init: .*
.*ControlMachine .* not responding.*
.*(Primary|primary|backup|Backup) (controller|SlurmctldHost).*
.*Invalid RPC received.*while in standby mode
.*Invalid RPC received .*
.*slurm_receive_msg.*'

setup_file() {
	races_start --slurm 'SlurmctldHost=controller(10.77.0.1)' --slurm 'SlurmctldHost=standby(10.77.0.2)' \
		--slurm CommunicationParameters=NoCtldInAddrAny --slurm SlurmctldTimeout=5 || return
	[[ -n ${BURST_PREFIX:-} ]] || return 0
	echo '10.77.0.2 standby' >>"$BURST_DIR/etc/hosts"
	in_cluster ip address add 10.77.0.2/32 dev lo
	standby_start
}
teardown_file() {
	wait_for settled 90
	cluster_stop
}
setup() {
	races_setup
	SAID=$(($(wc -l <"$BURST_DIR/log/slurm/standby.log") + 1))
}
teardown() {
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld start 2>/dev/null || :
	end_test
}

# standby_start: the second host: a name, a /run/slurm and a slurmctld of its own; all else is shared
standby_start() {
	in_cluster env -i PATH="$PATH" LANG=C.UTF-8 HOME=/root setsid unshare --uts --mount bash -c '
		mount --make-rprivate /
		mount -t tmpfs -o mode=755 tmpfs /run/slurm
		chown slurm:slurm /run/slurm
		hostname standby
		exec slurmctld -D -L "$1"' bash "$BURST_DIR/log/slurm/standby.log" </dev/null >>"$BURST_DIR/log/standby.out" 2>&1 &
	wait_for "in_cluster scontrol ping | grep -q 'Slurmctld(backup) at standby is UP'" 30
}

# on NODES
on() {
	submit -t 10 -w "aws-hpc-[$1]" --wrap 'sleep 300'
}

# standby_says TEXT: a line of the second host's log, from this test on
standby_says() {
	tail -n +"$SAID" "$BURST_DIR/log/slurm/standby.log" | grep -q "$1"
}

# give_back: the first host is in command again, and the second waits
give_back() {
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld start
	wait_for "standby_says 'slurmctld running in background mode'" 60
}

# the words of the issue: EC2, Slurm and state.db say the same
only_runs() { # JOB NODES
	local launched
	launched=$(db "SELECT i.id FROM instance i JOIN gang g ON g.id = i.gang WHERE g.job_id = $1 AND g.state = 'active'" | sort)
	[ "$(grep -c . <<<"$launched")" -eq "$2" ]
	wait_for "[ \"\$(ec2_objects instance 'select(.state != \"terminated\") | .id' | jq -r . | sort)\" = '$launched' ]" 60
	[ "$(db "SELECT count(*) FROM instance WHERE state <> 'terminated'")" -eq "$2" ]
}

@test "the first slurmctld dies right after the allocation: what it has not saved is taken back, and one gang runs" {
	slow CreateFleet 6000
	job=$(on 0-1)
	wait_for 'gang_is $job launching' 30
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld kill
	wait_for "standby_says 'Running as primary controller'" 60
	faults '[]'
	wait_for 'gang_is $job active' 120
	wait_for "job_is $job RUNNING" 90
	only_runs "$job" 2
	# and back: the job runs on
	give_back
	job_is "$job" RUNNING
	only_runs "$job" 2
	as_user scancel "$job"
	took_down "$job" 'aws-hpc-[0-1]' "$(new CreateFleet '.result.instances[]?' | wc -l)"
}

@test "the first slurmctld dies when it has saved its state: the gang on its way is the second's, and one CreateFleet was sent" {
	slow CreateFleet 20000
	job=$(on 2-3)
	wait_for 'gang_is $job launching' 30
	allocated=$(date +%s)
	wait_for '[ "$(stat -c %Y "$BURST_DIR/spool/slurmctld/job_state")" -gt "$allocated" ]' 30
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld kill
	wait_for "standby_says 'Running as primary controller'" 60
	faults '[]'
	wait_for 'gang_is $job active' 120
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	wait_for "job_is $job RUNNING" 90
	[ "$(job_field "$job" Restarts)" = 0 ]
	only_runs "$job" 2
	# the second takes it down, and gives back when nothing is left
	as_user scancel "$job"
	took_down "$job" 'aws-hpc-[2-3]' 2
	grep -q 'suspend.*state.db was last written on host controller: reconcile begins' "$BURST_LOG"
	wait_for '[ "$(db "SELECT count(*) FROM meta WHERE key = '\''moved_from'\''")" -eq 0 ]' 30
	[ "$(db "SELECT value FROM meta WHERE key = 'host'")" = standby ]
	give_back
}
