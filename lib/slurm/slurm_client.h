/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slurm_client: what we ask of slurmctld and tell it, by RPC; with its parts in this room the only
 * place that includes slurm.h.
 *
 * Jobs are named to Slurm as strings, "A_T" for an array task, "L+K" for a component of a
 * heterogeneous job, else "N": a bare number that is an array or a leader would mean all of it.
 * Never used by prolog and epilog. Call slurm_client_init() once, after fork. Not thread-safe.
 *
 * Errors: ERR_TRANSIENT where slurmctld does not answer (libslurm itself tries for up to half a
 * minute), ERR_NOTFOUND for a job or node it does not know, ERR_AUTH for a refusal or a munged that
 * is down, ERR_BUSY for a change that has to wait; err.code is libslurm's number. Besides, libslurm
 * writes lines of its own to descriptor 2 on some errors and has no public switch for it: a program
 * that minds opens something else there (file_guard_std() where it is closed).
 */
#ifndef BURST_SLURM_CLIENT_H
#define BURST_SLURM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/nodeset.h"

/*
 * CONF is the path of slurm.conf, NULL for Slurm's own rule. ERR_CONFIG where it cannot be read or
 * holds a mistake: a child process tries it first, as libslurm itself would exit. A second call
 * does nothing.
 */
int slurm_client_init(const char *conf, struct err *err);
void slurm_client_fini(void);

struct slurm_site { /* from slurmctld's configuration */
	char cluster[64];
	char version[32];
	int version_number;  /* 2205, 2411, 2605 */
	char state_dir[512]; /* StateSaveLocation */
	char slurm_user[64];
	int64_t resume_timeout_s, suspend_timeout_s, kill_wait_s;
	/* OverTimeLimit; -1: UNLIMITED, no number to add: a job may go on for ever */
	int64_t over_time_s;
	uint32_t resume_rate, suspend_rate; /* per minute; 0: no limit */
	bool prolog;                        /* PrologSlurmctld is set */
	bool private_cloud;                 /* PrivateData=cloud */
	bool private_jobs;                  /* PrivateData=jobs */
	bool dbd;                           /* slurmdbd keeps its jobs */
};
int slurm_client_site(struct slurm_site *site, struct err *err);

enum job_state {
	JOB_STATE_PENDING,
	JOB_STATE_CONFIGURING,
	JOB_STATE_RUNNING,
	JOB_STATE_COMPLETING,
	JOB_STATE_ENDED,
	JOB_STATE_OTHER
};

struct job_facts {
	uint32_t job_id;
	/*
	 * How to name it to Slurm: "7", "9_1", "17+1"; "9_[2-3]" for the tasks of an array that
	 * were not started yet, "" where slurmctld cuts that list. A leader is "17+0".
	 */
	char name[64];
	uint32_t array_job_id; /* 0: no array */
	uint32_t het_leader;   /* its job id, also in the leader itself; 0: no heterogeneous job */
	char het_ids[256]; /* hostlist of the component ids, "[17-18]"; leader's only, else "" */
	uint32_t restart;
	enum job_state state;
	bool batch;
	bool requeue; /* may be requeued */
	uint32_t uid;
	char user[64], account[64], partition[64], job_name[128];
	char qos[64];
	char wckey[64]; /* be it the user's default one; "": none */
	char features[256];
	char *nodes;         /* the whole allocation, hostlist; "" before it has one */
	char *batch_host;    /* may be NULL */
	char *admin_comment; /* may be NULL */
	uint32_t num_nodes, num_tasks, cpus;
	uint32_t max_nodes;        /* 0: not bounded, it may get more than num_nodes */
	uint32_t cpus_per_task;    /* 0: not given */
	uint32_t tasks_per_node;   /* 0: not given */
	uint64_t mem_mib_per_node; /* asked for, or Slurm's default; 0: all, or not known */
	uint64_t mem_mib_per_cpu;  /* where it is asked for so; mem_mib_per_node follows from it */
	uint32_t gpus_per_node;
	bool cleaning; /* pending, since slurmctld is not done with its last start (Cleaning) */
	char wait[64]; /* why it is pending, in words; "": it is not, or nobody has said */
	char dependency[128]; /* "afterok:7(unfulfilled)", cut; "" none */
	int64_t time_limit_s; /* -1: unlimited */
	int64_t start_s, submit_s, eligible_s;
	int64_t end_s; /* of one that is over when it ended, else when it will; 0: not said */
	bool exclusive;
	/* Of one that has ended: its script gave 0; it was cancelled, or ran into its time limit.
	 */
	bool succeeded, cancelled, timed_out;
};
/* ERR_NOTFOUND for a job that slurmctld does not know (any more). */
int slurm_client_job(uint32_t job_id, struct job_facts *facts, struct err *err);
void job_facts_release(struct job_facts *facts);
/*
 * The records of NAME: a job, a task, an array ("9": all records that slurmctld has of it), a
 * heterogeneous job, which comes whole, the leader first, also for one of its components. The task
 * of an array that was not started yet ("9_3") is the record of all those, called "9_[2-7]". *ALL
 * as slurm_client_jobs(), never empty. ERR_NOTFOUND also for a job that PrivateData hides from the
 * caller; ERR_USAGE: NAME is no job's.
 */
int slurm_client_jobs_named(const char *name, struct job_facts **all, size_t *n, struct err *err);
/* All jobs that slurmctld still knows, ended ones too; *ALL heap array; each to be released, then
 * the array freed. */
int slurm_client_jobs(struct job_facts **all, size_t *n, struct err *err);

/*
 * 0: the job's PrologSlurmctld runs, or slurmctld does not say (24.11 and 26.05 say nothing until
 * the nodes are up: bound the wait); 1: it does not run (done, or the job is pending or over); -1
 * on error. Where site.prolog is false there is nothing to wait for.
 */
int slurm_client_prolog_done(uint32_t job_id, struct err *err);

/* The stored submit environment of a batch job (STATE_DIR = StateSaveLocation): value of
 * SLURM_SPANK_BURST_INTENT into *LINE (heap), NULL where it has none. ERR_NOTFOUND without the
 * file. Arrays: give array_job_id. */
int slurm_client_stored_intent(
	const char *state_dir, uint32_t job_id, char **line, struct err *err);

/* The batch script, stored likewise, of at most 4 MiB; *TEXT heap, NUL-ended behind its *LEN. */
int slurm_client_stored_script(
	const char *state_dir, uint32_t job_id, char **text, size_t *len, struct err *err);

/* The same from slurmctld, which gives it to the job's owner and to operators alone (ERR_AUTH), and
 * only while the job is not over. */
int slurm_client_batch_script(uint32_t job_id, char **text, size_t *len, struct err *err);

struct node_facts {
	char name[64];
	char addr[64];
	char hostname[64];
	char reason[256];
	int64_t reason_s;    /* when it was given; 0 */
	uint32_t reason_uid; /* … and by whom; means nothing without a reason */
	char state[128];     /* "IDLE+CLOUD+POWERED_DOWN" */
	bool cloud, powered_down, powering_up, powering_down, power_down, down, drain, no_respond,
		allocated, idle, completing;
	/* A slurmd has answered since it was powered up; false also where Slurm cannot say. */
	bool registered;
	int64_t boot_s; /* slurmd's boot time; 0: none */
	uint32_t cpus;
	uint64_t mem_mib;
};
/*
 * Facts of the nodes in WANTED, in its order and without those that Slurm does not know or show
 * (all CLOUD nodes in Slurm's order if NULL). *NODES heap array. Without PrivateData=cloud nobody
 * is shown cloud nodes that are powered down.
 */
int slurm_client_nodes(
	const struct nodeset *wanted, struct node_facts **nodes, size_t *n, struct err *err);

/*
 * All CLOUD nodes, if anything has changed of any node since *SINCE_S, which begins as 0 and is
 * then what the last call left there. 1 with *NODES as above; 0: nothing has, for which slurmctld
 * is asked all the same but sends no list; -1.
 */
int slurm_client_nodes_changed(
	int64_t *since_s, struct node_facts **nodes, size_t *n, struct err *err);

struct node_address {
	const char *name;
	const char *addr;
	const char *instance_id;   /* may be NULL or "" */
	const char *instance_type; /* may be NULL or "" */
};
/*
 * One RPC for all, in any order: NodeAddr and NodeHostName (= the node's name), and from 26.05
 * InstanceId and InstanceType where every node has them. ERR_NOTFOUND for an unknown node:
 * slurmctld has then taken some of the others.
 */
int slurm_client_announce(const struct node_address *nodes, size_t n, struct err *err);
/*
 * InstanceId and InstanceType for the releases from 23.11 on that take one value per request: one
 * RPC for each node, not for a moment in which jobs wait. Elsewhere it has nothing to do and
 * succeeds.
 */
int slurm_client_tell_instances(const struct node_address *nodes, size_t n, struct err *err);

/*
 * One RPC: POWER_DOWN_FORCE with REASON and ADDR (placeholder, for each) for HOSTLIST. slurmctld
 * itself then requeues the batch job and ends srun and salloc. ADDR and REASON may be NULL: as they
 * are. Nodes that are powering down already are passed over by slurmctld, powered-down ones go
 * through powering down once more; neither is an error.
 */
int slurm_client_force_down(
	const char *hostlist, const char *addr, const char *reason, struct err *err);
/*
 * DOWN with REASON, for nodes whose machine is gone: slurmctld requeues or ends their jobs, and
 * does not wait for the end of them there, which would take it until SlurmdTimeout. Follow it with
 * slurm_client_force_down() and, once they are powering down, slurm_client_resume_nodes().
 */
int slurm_client_down(const char *hostlist, const char *reason, struct err *err);
/* DRAIN with REASON: no job gets them, and they stay so until somebody resumes them. */
int slurm_client_drain(const char *hostlist, const char *reason, struct err *err);
/* POWER_DOWN_ASAP: power down when the job that has the nodes ends. */
int slurm_client_down_asap(const char *hostlist, struct err *err);
/* The same with REASON. */
int slurm_client_leave(const char *hostlist, const char *reason, struct err *err);
/*
 * RESUME: a node that is powering down is powered down at once. For a node in any other state
 * slurmctld says "Invalid node state specified", which is no error here.
 */
int slurm_client_resume_nodes(const char *hostlist, struct err *err);

/* What may be changed of a job; NULL or -1: left as it is. */
struct job_change {
	const char *admin_comment;
	const char *system_comment; /* ERR_CONFIG: no release up to 26.05 takes it by this RPC */
	int requeue;                /* 0, 1 */
	int64_t begin_s;            /* not before this time */
	bool hold;                  /* user hold: the user can release it */
	int64_t time_limit_s;       /* in whole minutes, what is less is cut off */
};
#define JOB_CHANGE_INIT                                                                            \
	{                                                                                          \
		.requeue = -1, .begin_s = -1, .time_limit_s = -1                                   \
	}
/*
 * ERR_NOTFOUND for a job that is over. begin_s is for a job that is pending or completing with a
 * requeue to come; ERR_BUSY for one that has nodes.
 */
int slurm_client_job_change(const char *name, const struct job_change *change, struct err *err);
/*
 * AdminComment in slurmdbd's record of a job by name, of CLUSTER. The only way for one that is
 * over: slurmctld refuses to change it ("Job has already finished", from COMPLETING on). Takes some
 * 20 s at most where slurmdbd does not answer. ERR_TRANSIENT.
 */
int slurm_client_dbd_comment(
	const char *cluster, const char *name, const char *text, struct err *err);
/*
 * TEXT to the terminal of srun or salloc. Not for a batch job: slurmctld would call its first node,
 * which may have no address yet.
 */
int slurm_client_notify(uint32_t job_id, const char *text, struct err *err);
enum signal_to {
	SIGNAL_BATCH, /* the batch script's shell */
	SIGNAL_STEPS, /* what srun started */
	SIGNAL_ALL,   /* both */
};
/* Send SIGNAL to a running job by name ("17": all of a heterogeneous job). ERR_NOTFOUND for one
 * that is over. */
int slurm_client_signal(const char *name, int signal, enum signal_to to, struct err *err);
/*
 * Back into the queue, a batch job by name: one that runs gets SIGTERM and, after KillWait, SIGKILL
 * first; one that has ended begins anew while slurmctld still knows it. slurmctld gives it a begin
 * time some two minutes from now. ERR_NOTFOUND for one that it does not know, ERR_BUSY where it is
 * pending or on its way there already.
 */
int slurm_client_requeue(const char *name, struct err *err);
/* Cancel a job by name ("17" for all of a heterogeneous job). One that is over is no error. */
int slurm_client_cancel(const char *name, struct err *err);

#endif
