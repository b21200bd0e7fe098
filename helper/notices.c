/* SPDX-License-Identifier: Apache-2.0 */
#include "helper/notices.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "helper/log.h"
#include "helper/notice.h"
#include "lib/aws/ec2.h"
#include "lib/aws/event.h"
#include "lib/aws/sqs.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/fileio.h"
#include "lib/state/counter.h"
#include "lib/state/instance.h"

#define TICK_MS  1000
#define NODES_MS 2000
/* A long poll: SQS answers at once when there is something. Short while there is work to go on
 * with. */
#define QUEUE_WAIT_S 2
/* With nothing running nothing can be taken. */
#define IDLE_WAIT_S 20
#define LIVING_MS   5000
/* The queue has failed for so long: EC2 is asked as if there were none. */
#define QUEUE_TRUST_MS 30000
/* While it fails it is asked so often only: each time may take seconds that signals wait for. */
#define QUEUE_AGAIN_MS 15000
#define LOCK_WAIT_MS   5000
#define BAD_SAID_MS    60000

/* Something that fails for a while is said once, and once that it is over. */
struct trouble {
	const char *what;
	bool on;
	int64_t since_ms;
};

struct loop {
	struct app *app;
	volatile sig_atomic_t *stop;
	struct trouble queue, ec2, nodes, work;
	/* when next; clock_mono_ms() */
	int64_t nodes_ms, poll_ms, living_ms, work_ms, queue_ms;
	int64_t nodes_since_s;
	char (*regions)[32]; /* where spot instances of ours run */
	size_t nregions;
};

static void failed(struct trouble *t, const struct err *err)
{
	if (!t->on) {
		log_warn("%s: %s; tried again", t->what, err->text);
		t->since_ms = clock_mono_ms();
	}
	t->on = true;
}

static void fine(struct trouble *t)
{
	if (t->on)
		log_info("%s: works again", t->what);
	t->on = false;
}

static bool is_due(int64_t *next_ms, int64_t every_ms)
{
	int64_t now_ms = clock_mono_ms();

	if (now_ms < *next_ms)
		return false;
	*next_ms = now_ms + every_ms;
	return true;
}

/* --- the queue ------------------------------------------------------------------------------- */

/* 0: it may be deleted, -1: it is to come again. */
static int take_event(struct app *app, const struct event *event, struct err *err)
{
	struct notice_told told = {.source = "sqs"};

	switch (event->kind) {
	case EVENT_SPOT_INTERRUPTION:
		told.kind = NOTICE_INTERRUPTION;
		told.action = event->what;
		/* made when the notice was given */
		told.deadline_ms = event->time_s ? (event->time_s + 120) * 1000 : 0;
		break;
	case EVENT_REBALANCE:
		told.kind = NOTICE_REBALANCE;
		told.action = "";
		break;
	case EVENT_STATE_CHANGE:
	case EVENT_HEALTH:
	case EVENT_OTHER:
		log_debug("event %s from the queue: nothing to be done",
			event_kind_name(event->kind));
		return 0;
	}
	for (size_t i = 0; i < event->ninstances; i++) {
		told.instance = event->instances[i];
		if (notice_take(app, &told, err) < 0)
			return -1;
	}
	return 0;
}

static int take_message(struct app *app, const struct sqs_message *message, struct err *err)
{
	CLEANUP(event_release) struct event event = {0};
	static int64_t bad_ms;
	char safe[200];
	struct err local;

	if (event_parse(message->body, message->len, &event, &local) == 0)
		return take_event(app, &event, err);
	/* who may write to the queue must not fill the disk with what we say about it */
	if (is_due(&bad_ms, BAD_SAID_MS))
		log_warn("a message of the queue is no event and is deleted, as all such: %s: %s",
			local.text,
			text_make_safe(message->body, message->len < 120 ? message->len : 120, safe,
				sizeof(safe)));
	if (counter_add(app->db, "spot.bad_message", 1, &local) < 0)
		log_warn("%s", local.text);
	return 0;
}

/* Where the queue is, whose events are that region's; "" where it cannot be known. */
static void queue_region(const struct conf *conf, char *region, size_t size)
{
	*region = '\0';
	if (conf->spot.queue_region)
		snprintf(region, size, "%s", conf->spot.queue_region);
	else if (conf->spot.queue_url &&
		 sqs_check_url(conf->spot.queue_url, region, size, NULL) == 0 && !*region)
		snprintf(region, size, "%s", conf->aws.region);
}

static void hear_queue(struct loop *loop, int wait_s)
{
	const struct conf *conf = loop->app->conf;
	CLEANUP(sqs_messages_release) struct sqs_messages messages = {0};
	char region[32] = "";
	struct aws *aws;
	struct err err;
	size_t kept = 0;

	if (sqs_check_url(conf->spot.queue_url, NULL, 0, &err) < 0) {
		failed(&loop->queue, &err);
		return;
	}
	queue_region(conf, region, sizeof(region));
	aws = app_aws(loop->app, region, &err);
	if (!aws ||
		sqs_receive(aws, conf->spot.queue_url, wait_s, loop->stop, &messages, &err) < 0) {
		failed(&loop->queue, &err);
		return;
	}
	fine(&loop->queue);
	/* the records that know whose they are have been replaced: they come again */
	if (messages.n && db_has_moved(loop->app->db))
		return;
	/* those not written down stay in the queue, and come again */
	for (size_t i = 0; i < messages.n; i++) {
		struct sqs_message message = messages.all[i];

		if (take_message(loop->app, &message, &err) < 0) {
			failed(&loop->work, &err);
			continue;
		}
		messages.all[i] = messages.all[kept];
		messages.all[kept++] = message;
	}
	if (kept && sqs_delete(aws, conf->spot.queue_url, messages.all, kept, &err) < 0)
		failed(&loop->queue, &err);
}

/* --- EC2 ------------------------------------------------------------------------------------- */

/* Where spot instances of ours run. */
static void look_for_living(struct loop *loop)
{
	cleanup_free struct instance *list = NULL;
	const char *home = loop->app->conf->aws.region;
	size_t n = 0;
	struct err err;

	if (instance_list(loop->app->db, NULL, false, &list, &n, &err) < 0) {
		failed(&loop->work, &err);
		return;
	}
	loop->nregions = 0;
	for (size_t i = 0; i < n; i++) {
		const char *region = *list[i].region ? list[i].region : home;
		size_t k = 0;
		void *more;

		if (!list[i].spot || list[i].state != INSTANCE_RUNNING)
			continue;
		while (k < loop->nregions && strcmp(loop->regions[k], region) != 0)
			k++;
		if (k < loop->nregions)
			continue;
		more = reallocarray(loop->regions, k + 1, sizeof(*loop->regions));
		if (!more)
			return;
		loop->regions = more;
		snprintf(loop->regions[k], sizeof(loop->regions[k]), "%s", region);
		loop->nregions++;
	}
}

/* All of the account that are under notice: few, whoever's. */
static int ask_region(struct app *app, const char *region, struct err *err)
{
	static const char *const marked[] = {"marked-for-termination", "marked-for-stop"};
	struct ec2_filter filter = {
		.name = "status-code", .values = marked, .nvalues = ARRAY_SIZE(marked)};
	cleanup_free struct ec2_spot_request *requests = NULL;
	struct aws *aws = app_aws(app, region, err);
	size_t n = 0;

	if (!aws || ec2_describe_spot_requests(aws, &filter, 1, &requests, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct notice_told told = {
			.instance = requests[i].instance,
			.kind = NOTICE_INTERRUPTION,
			.action = !strcmp(requests[i].code, "marked-for-stop") ? "stop"
									       : "terminate",
			.source = "ec2",
		};

		if (!*requests[i].instance || !ec2_spot_is_marked(requests[i].code))
			continue;
		if (requests[i].updated_s)
			told.deadline_ms = (requests[i].updated_s + 120) * 1000;
		if (notice_take(app, &told, err) < 0)
			return -1;
	}
	return 0;
}

/* Those regions that no queue tells of. */
static void ask_ec2(struct loop *loop, bool deaf)
{
	char heard[32] = "";
	struct err err;
	bool bad = false;

	if (!deaf)
		queue_region(loop->app->conf, heard, sizeof(heard));
	for (size_t i = 0; i < loop->nregions && !*loop->stop; i++)
		if (strcmp(loop->regions[i], heard) != 0 &&
			ask_region(loop->app, loop->regions[i], &err) < 0) {
			failed(&loop->ec2, &err);
			bad = true;
		}
	if (!bad)
		fine(&loop->ec2);
}

/* --- Slurm's nodes --------------------------------------------------------------------------- */

/*
 * A node's reason outlives the instance that gave it, so only one that is younger than the
 * instance's binding counts; and only root's, which on a node is burst-notice, or our own user's.
 */
static int take_node(struct app *app, const struct node_facts *node, struct err *err)
{
	CLEANUP(nodeset_release) struct nodeset one = NODESET_INIT;
	cleanup_free struct instance *list = NULL;
	struct notice_told told = {.source = "node"};
	size_t n = 0;

	if (node->powered_down || node->powering_down ||
		(node->reason_uid != 0 && node->reason_uid != geteuid()) ||
		!notice_reason(node->reason, &told))
		return 0;
	if (nodeset_add(&one, node->name, err) < 0 ||
		instance_of_nodes(app->db, &one, 0, &list, &n, err) < 0)
		return -1;
	if (!n || list[0].bound_ms / 1000 > node->reason_s)
		return 0;
	told.instance = list[0].id;
	return notice_take(app, &told, err) < 0 ? -1 : 0;
}

static void ask_nodes(struct loop *loop)
{
	cleanup_free struct node_facts *nodes = NULL;
	int64_t since_s = loop->nodes_since_s;
	size_t n = 0;
	struct err err;

	if (slurm_client_nodes_changed(&since_s, &nodes, &n, &err) < 0) {
		failed(&loop->nodes, &err);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (take_node(loop->app, &nodes[i], &err) < 0) {
			/* all are told again */
			failed(&loop->nodes, &err);
			return;
		}
	loop->nodes_since_s = since_s;
	fine(&loop->nodes);
}

/* --- the loop -------------------------------------------------------------------------------- */

static void go_on(struct loop *loop)
{
	int64_t next_ms;
	struct err err;

	if (notice_work(loop->app, &next_ms, &err) < 0)
		failed(&loop->work, &err);
	else
		fine(&loop->work);
	loop->work_ms = next_ms ? clock_mono_ms() + TICK_MS : 0;
}

static int open_all(struct app *app, volatile sig_atomic_t *stop, struct err *err)
{
	int64_t pause_ms = TICK_MS;

	for (bool said = false; !*stop; said = true) {
		if (app_db(app, DB_READ_WRITE, err) == 0 && app_slurm(app, err) == 0)
			return 0;
		if (err->class != ERR_TRANSIENT && err->class != ERR_BUSY)
			return -1;
		if (!said)
			log_warn("%s; tried again", err->text);
		clock_sleep_ms(pause_ms);
		pause_ms = pause_ms < 16000 ? pause_ms * 2 : pause_ms;
	}
	return err_set(err, ERR_BUSY, "stopped");
}

/*
 * reconcile --rebuild, or a person who puts a copy back, gives state.db another file: the old one
 * knows none of what is launched from then on. 1: it may be used; 0: it is being replaced; -1.
 */
static int look_at_db(struct loop *loop, struct err *err)
{
	char path[PATH_MAX];

	if (!db_has_moved(loop->app->db))
		return 1;
	if (app_path(loop->app, "state.db", path, sizeof(path), err) < 0)
		return -1;
	/* whoever moved it away makes the new one: an empty one of ours would be in the way */
	if (access(path, F_OK) < 0)
		return 0;
	log_warn("state.db has been replaced: opened anew");
	db_close(loop->app->db);
	loop->app->db = NULL;
	loop->living_ms = 0;
	loop->nodes_since_s = 0; /* all nodes are told again */
	return open_all(loop->app, loop->stop, err) < 0 ? -1 : 1;
}

static void turn(struct loop *loop)
{
	const struct conf *conf = loop->app->conf;
	bool deaf = loop->queue.on && clock_mono_ms() - loop->queue.since_ms >= QUEUE_TRUST_MS;
	int64_t began_ms = clock_mono_ms(), left_ms;

	if (is_due(&loop->living_ms, LIVING_MS))
		look_for_living(loop);
	if (loop->nregions && is_due(&loop->nodes_ms, NODES_MS))
		ask_nodes(loop);
	if (loop->nregions && is_due(&loop->poll_ms, conf->spot.poll_s * 1000))
		ask_ec2(loop, deaf || !conf->spot.queue_url);
	go_on(loop);
	if (conf->spot.queue_url && !*loop->stop &&
		(!loop->queue.on || is_due(&loop->queue_ms, QUEUE_AGAIN_MS))) {
		hear_queue(loop, loop->work_ms ? 1 : loop->nregions ? QUEUE_WAIT_S : IDLE_WAIT_S);
		/* what came is acted on now */
		go_on(loop);
	}
	left_ms = began_ms + TICK_MS - clock_mono_ms();
	if (left_ms > 0 && !*loop->stop && (!conf->spot.queue_url || loop->queue.on))
		clock_sleep_ms(left_ms);
}

/* One at a time of this state directory: the others wait for it to end. */
static int wait_turn(struct app *app, const volatile sig_atomic_t *stop, struct err *err)
{
	char path[PATH_MAX];
	bool said = false;

	if (app_path(app, "notices.lock", path, sizeof(path), err) < 0)
		return -1;
	while (!*stop) {
		int fd = file_lock(path, LOCK_WAIT_MS, err);

		if (fd >= 0)
			return fd;
		if (err->class != ERR_BUSY)
			return -1;
		if (!said)
			log_info("another process listens for notices: waiting until it ends");
		said = true;
	}
	return err_set(err, ERR_BUSY, "stopped");
}

int notices_run(struct app *app, volatile sig_atomic_t *stop)
{
	struct loop loop = {
		.app = app,
		.stop = stop,
		.queue.what = "the queue of notices",
		.ec2.what = "asking EC2 for notices",
		.nodes.what = "asking slurmctld for notices",
		.work.what = "acting on notices",
	};
	cleanup_close int lock = -1;
	struct err err;
	int rc = 0;

	lock = wait_turn(app, stop, &err);
	if (lock < 0 || open_all(app, stop, &err) < 0) {
		if (*stop)
			return 0;
		log_err("%s", err.text);
		return -1;
	}
	log_info("listening for notices: %s%s, and Slurm's nodes",
		app->conf->spot.queue_url ? "the queue " : "EC2, asked",
		app->conf->spot.queue_url ? app->conf->spot.queue_url : "");
	while (!*stop && (rc = look_at_db(&loop, &err)) >= 0) {
		if (rc)
			turn(&loop);
		else
			clock_sleep_ms(TICK_MS);
	}
	free(loop.regions);
	if (rc < 0 && !*stop)
		log_err("%s", err.text);
	return rc < 0 && !*stop ? -1 : 0;
}
