#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 5
#
# state.db lost, damaged, in the way, on a full or read-only disk, of another account or another host:
# nothing is launched that cannot be written down, nothing that runs is forgotten.

# shellcheck disable=SC2016,SC2030,SC2031 # wait_for evaluates its argument; each test is a subshell

load cluster
load gang
load reconcile

STATE=/var/lib/aws-slurm-burst
DB=$STATE/state.db

setup_file() {
	cluster_start --nodes 24 --conf '{"slurm": {"requeue_delay_s": 300, "max_attempts": 20}, "reconcile": {"grace_s": 5}}'
	# a disk of its own, to be filled and made read-only
	in_cluster mount -t tmpfs -o "size=24m,mode=700,uid=$(id -u slurm),gid=$(id -g slurm)" tmpfs "$STATE"
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	SEEN=$(tail -n 1 "$BURST_JOURNAL" | jq .seq)
}

teardown() {
	in_cluster mount -o remount,rw "$STATE" || :
	in_cluster rm -f "$STATE/ballast"
	in_cluster hostname controller
	faults '[]'
	partition up
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	[[ -n ${BATS_TEST_COMPLETED:-} ]] || helper reconcile --rebuild || :
	cluster_teardown
	wait_for settled 60
}

# db SQL: as SlurmUser, for -wal and -shm would be root's
db() {
	as_slurm sqlite3 -cmd '.timeout 5000' "$DB" "$1"
}

# launches of this test
launches() {
	requests CreateFleet "select(.seq > $SEEN)" | wc -l
}

# comes JOB: it has its instances, and runs
comes() {
	wait_for "[[ \$(job_field $1 AdminComment) == 'burst: '*' x '* ]]" 60
	wait_for "job_is $1 RUNNING" 60
}

# unowned JOB: its gang is active, and its process has gone; sets GANG
unowned() {
	GANG=$(db "SELECT id FROM gang WHERE job_id = $1")
	wait_for '[ "$(db "SELECT state FROM gang WHERE id = '\''$GANG'\''")" = active ]' 60
	wait_for 'as_slurm flock -n "$STATE/locks/$GANG" true' 30
}

# goes_back JOB PATTERN: in the queue again with that comment, and nothing was launched
goes_back() {
	wait_for "[[ \$(job_field $1 AdminComment) == $2 ]]" 60 || {
		job_field "$1" AdminComment
		return 1
	}
	wait_for "job_is $1 PENDING" 60
	[ "$(launches)" -eq 0 ]
	[ "$(live_count)" -eq "${3:-0}" ]
}

# loses: state.db and what lies beside it
lose() {
	in_cluster sh -c "rm -f $DB $DB-wal $DB-shm $DB-journal"
}

# damage: pages that SQLite has to read
damage() {
	as_slurm sqlite3 "$DB" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	in_cluster dd if=/dev/urandom of="$DB" bs=4096 seek=1 count=20 conv=notrunc status=none
	in_cluster sh -c "rm -f $DB-wal $DB-shm"
}

ended_by_suspend() {
	in_cluster scancel "$1"
	wait_for '[ "$(live_count)" -eq 0 ]' 60
	wait_for settled 60
}

@test "state.db deleted while a job runs: reconcile adopts its gang, the job goes on, SuspendProgram ends it" {
	job=$(submit -N 2 -t 10 --wrap 'sleep 600')
	comes "$job"
	instances=$(db "SELECT group_concat(id || node || ip) FROM (SELECT * FROM instance ORDER BY node)")
	unowned "$job"
	lose
	run -0 helper reconcile
	[[ $output == *"$GANG"* ]]
	# who looks for why finds it
	grep -q " warn reconcile.*: a new state.db begins in /var/lib/aws-slurm-burst: if there was one before, the costs, holds and counters in it and the budgets of \"budget set\" are lost; " "$BURST_LOG"
	[ "$(db 'SELECT id, state, job_id, all_or_nothing, size FROM gang')" = "$GANG|active|$job|1|2" ]
	[ "$(db "SELECT group_concat(id || node || ip) FROM (SELECT * FROM instance ORDER BY node)")" = "$instances" ]
	# names, template versions; then nothing is left to do
	wait_for agreed 30
	job_is "$job" RUNNING
	[ "$(live_count)" -eq 2 ]
	run -0 job_field "$job" Restarts
	[ "$output" = 0 ]
	ended_by_suspend "$job"
	wait_for '[ "$(db "SELECT state FROM gang")" = released ]' 60
	[ "$(db "SELECT count(*) FROM instance WHERE state = 'terminated' AND ended_s > 0")" -eq 2 ]
	[ "$(db "SELECT count(*) FROM placement WHERE deleted_ms > 0")" -eq 1 ]
}

@test "state.db damaged while a job runs: refused with what to do, and rebuilt; the job goes on" {
	job=$(submit -N 2 -t 10 --wrap 'sleep 600')
	comes "$job"
	unowned "$job"
	# one that is whole is not replaced
	run -2 helper reconcile --rebuild
	[[ $output == *"is whole"* ]]
	damage
	run -1 helper reconcile
	[[ $output == *"state.db is damaged ("*'"aws-slurm-burst reconcile --rebuild"'* ]]
	SEEN=$(tail -n 1 "$BURST_JOURNAL" | jq .seq)
	other=$(submit -N 1 -t 5 --wrap true)
	goes_back "$other" '"burst: "*"state.db is damaged"*"reconcile --rebuild"*' 2
	in_cluster scancel "$other"
	# nothing is changed while EC2 does not answer
	faults '[{"action": "DescribeInstances", "every": true, "error": {"code": "UnauthorizedOperation", "message": "no", "status": 403}}]'
	run ! helper reconcile --rebuild
	[[ $output == *"nothing was changed"* ]]
	faults '[]'
	run -0 helper reconcile --rebuild
	[[ $output == *"adopted with 2 instance(s)"* ]]
	[[ $output == *"lost: what ended instances cost"*'the budgets of "budget set": nothing is held against them until they are set again'* ]]
	in_cluster sh -c "ls $STATE" | grep -q '^state.db.damaged-[0-9]*T[0-9]*Z$'
	job_is "$job" RUNNING
	[ "$(db 'SELECT state, job_id FROM gang')" = "active|$job" ]
	ended_by_suspend "$job"
}

@test "an instance that state.db lost and Slurm does not use is ended after --rebuild, a person's is not" {
	job=$(submit -N 1 -t 10 --wrap 'sleep 600')
	comes "$job"
	unowned "$job"
	# of another gang of ours, which nobody knows any more; and another cluster's
	ours=$(launch_by_hand 1 burst:cluster=rehearsal burst:gang=999-0123456789)
	others=$(launch_by_hand 1 burst:cluster=elsewhere burst:gang=999-0123456789)
	# without a word from a person that records were lost, nothing says that it is ours
	sleep 6
	run -0 helper reconcile
	[[ $output == *"left-alone instance $ours"* ]]
	[ "$(live_count)" -eq 3 ]
	damage
	run -0 helper reconcile --rebuild
	[[ $output == *"gang $GANG: adopted"* ]]
	wait_for 'helper reconcile; [ "$(live_count)" -eq 2 ]' 30
	[ "$(instance_state "$others")" = running ]
	end_by_hand "$others"
	ended_by_suspend "$job"
}

@test "the disk is full: nothing is launched, the job goes back with the reason; then it runs" {
	helper reconcile
	in_cluster sh -c "dd if=/dev/zero of=$STATE/ballast bs=64k status=none 2>/dev/null || :"
	job=$(submit -N 2 -t 5 --wrap true)
	goes_back "$job" '"burst: "*"make room"*"tried again not before"*'
	[ "$(requests CreatePlacementGroup "select(.seq > $SEEN)" | wc -l)" -eq 0 ]
	in_cluster rm "$STATE/ballast"
	in_cluster scontrol update jobid="$job" starttime=now
	wait_for "job_is $job COMPLETED" 90
}

@test "the disk fills up while EC2 launches: what comes is ended, the job goes back" {
	helper reconcile
	faults '[{"action": "CreateFleet", "every": true, "delay_ms": 8000}]'
	job=$(submit -N 2 -t 5 --wrap true)
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = launching ]' 60
	partition down
	in_cluster sh -c "dd if=/dev/zero of=$STATE/ballast bs=4k status=none 2>/dev/null || :"
	wait_for "[[ \$(job_field $job AdminComment) == 'burst: '*'make room'* ]]" 60
	wait_for "job_is $job PENDING" 60
	wait_for '[ "$(live_count)" -eq 0 ]' 30
	[ "$(launches)" -eq 1 ]
	grep -q 'terminating 2 instance(s) without a record' "$BURST_LOG"
	# the gang's row is half way; when there is room again, it is seen to
	in_cluster rm "$STATE/ballast"
	# as if a minute had passed, for which the launch may still bring instances
	db 'UPDATE launch SET sent_ms = sent_ms - 60000'
	helper reconcile
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = failed ]' 60
}

@test "the disk is read-only: nothing is launched, the job goes back with the reason" {
	in_cluster mount -o remount,ro "$STATE"
	job=$(submit -N 2 -t 5 --wrap true)
	goes_back "$job" '"burst: "*"ead-only"*"tried again not before"*'
}

@test "state.db belongs to somebody else: refused by name, nothing is launched" {
	in_cluster chown root "$DB"
	job=$(submit -N 2 -t 5 --wrap true)
	goes_back "$job" '"burst: "*"state.db belongs to uid 0"*'
	in_cluster chown slurm "$DB"
}

@test "credentials of another account: nothing is launched, nothing that runs is taken for gone" {
	job=$(submit -N 1 -t 10 --wrap 'sleep 600')
	comes "$job"
	[ "$(db "SELECT value FROM meta WHERE key = 'account'")" = 123456789012 ]
	# the running instance is another account's
	db "UPDATE meta SET value = '999999999999' WHERE key = 'account'"
	SEEN=$(tail -n 1 "$BURST_JOURNAL" | jq .seq)
	other=$(submit -N 1 -t 5 --wrap true)
	goes_back "$other" '"burst: "*"are of AWS account 123456789012, but"*"of account 999999999999"*' 1
	in_cluster scancel "$other" "$job"
	wait_for 'grep -q "nothing is looked after at EC2: the credentials are of AWS account" "$BURST_LOG"' 60
	[ "$(requests TerminateInstances "select(.seq > $SEEN)" | wc -l)" -eq 0 ]
	[ "$(db "SELECT count(*) FROM instance WHERE state <> 'terminated'")" -eq 1 ]
	# mended: what was left is seen to
	db "UPDATE meta SET value = '123456789012' WHERE key = 'account'"
	helper reconcile
	wait_for '[ "$(live_count)" -eq 0 ]' 60
}

@test "another cluster_name: nothing is launched or ended, the job goes back, an alarm says what to do" {
	job=$(submit -N 1 -t 10 --wrap 'sleep 600')
	comes "$job"
	name=$(db "SELECT value FROM meta WHERE key = 'cluster'")
	db "UPDATE meta SET value = 'former' WHERE key = 'cluster'"
	SEEN=$(tail -n 1 "$BURST_JOURNAL" | jq .seq)
	other=$(submit -N 1 -t 5 --wrap true)
	goes_back "$other" "\"burst: \"*\"ClusterName) $name, but\"*\"of cluster former; set the name back until that has ended\"*\"tried again not before\"*" 1
	run -1 helper reconcile
	[[ $output == *"of cluster former; set the name back until that has ended"* ]]
	grep -q "alarm: not-ours: our name is .*; until then nothing is looked after, and what runs is billed" "$BURST_LOG"
	in_cluster scancel "$other" "$job"
	wait_for 'grep -q "nothing is looked after at EC2: our name is" "$BURST_LOG"' 60
	[ "$(requests TerminateInstances "select(.seq > $SEEN)" | wc -l)" -eq 0 ]
	# mended: what was left is seen to
	db "UPDATE meta SET value = '$name' WHERE key = 'cluster'"
	helper reconcile
	wait_for '[ "$(live_count)" -eq 0 ]' 60
}

@test "another host has written state.db: resume says so and begins a reconcile, which settles it" {
	helper reconcile
	in_cluster hostname controller2
	job=$(submit -N 1 -t 5 --wrap true)
	wait_for "job_is $job COMPLETED" 90
	grep -q 'state.db was last written on host controller: reconcile begins' "$BURST_LOG"
	wait_for '[ "$(db "SELECT count(*) FROM meta WHERE key = '\''moved_from'\''")" -eq 0 ]' 30
	[ "$(db "SELECT value FROM meta WHERE key = 'host'")" = controller2 ]
}
