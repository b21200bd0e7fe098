/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/json_call.h"
#include "lib/aws/reply.h"
#include "lib/aws/sigv4.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define SKEW_S      60    /* less than this is no reason for an expired request */
#define PACE_ASK_MS 60000 /* a pacer that says more is asked again */
#define DRIVE_MS    1000
#define LOOP_TRY_MS 10000 /* of a call whose caller asks again by itself */

#define FORM "application/x-www-form-urlencoded; charset=utf-8"
static const struct {
	const char *name; /* as signatures have it */
	const char *content_type;
} services[AWS_NSERVICES] = {
	[AWS_EC2] = {"ec2", FORM},
	[AWS_STS] = {"sts", FORM},
	[AWS_SERVICE_QUOTAS] = {"servicequotas", "application/x-amz-json-1.1"},
	[AWS_SQS] = {"sqs", "application/x-amz-json-1.0"},
	[AWS_PRICING] = {"pricing", "application/x-amz-json-1.1"},
};

struct headers {
	char lines[4][512];
	const char *list[6];
	size_t n;
	struct strbuf token, authorization; /* longer than a line */
};

static void headers_release(struct headers *h)
{
	http_wipe_release(&h->token);
	http_wipe_release(&h->authorization);
}

static void put_header(struct headers *h, const char *name, const char *value)
{
	snprintf(h->lines[h->n], sizeof(h->lines[0]), "%s: %s", name, value);
	h->list[h->n] = h->lines[h->n];
	h->n++;
}

/* Signed for this moment: an attempt after long waiting must not carry an old date. */
static int make_headers(struct aws *aws, const struct aws_call *call, const struct creds *creds,
	struct headers *h, struct err *err)
{
	const struct endpoint *endpoint = &aws->endpoint[call->service];
	const char *content_type = services[call->service].content_type;
	int64_t now_s = clock_now_s() + aws->clock_offset_s;
	char date[SIGV4_DATE_SIZE];
	struct sigv4_header signed_[5] = {
		{"content-type", content_type},
		{"host", endpoint->host},
		{"x-amz-date", sigv4_date(now_s, date)},
	};
	struct sigv4_request request = {
		.method = "POST",
		.path = endpoint->path,
		.headers = signed_,
		.nheaders = 3,
		.body = call->body,
		.len = call->len,
	};

	if (creds && creds->token[0])
		signed_[request.nheaders++] = (struct sigv4_header){
			"x-amz-security-token", creds->token};
	if (call->target)
		signed_[request.nheaders++] = (struct sigv4_header){"x-amz-target", call->target};
	put_header(h, "Host", endpoint->host);
	put_header(h, "Content-Type", content_type);
	if (call->target)
		put_header(h, "X-Amz-Target", call->target);
	if (call->unsigned_)
		return 0;
	put_header(h, "X-Amz-Date", date);
	if (creds->token[0]) {
		strbuf_addf(&h->token, "X-Amz-Security-Token: %s", creds->token);
		h->list[h->n++] = h->token.buf;
	}
	strbuf_addstr(&h->authorization, "Authorization: ");
	if (h->token.failed ||
		sigv4_authorization(&request, creds->key_id, creds->secret, now_s, aws->region,
			services[call->service].name, &h->authorization, err) < 0)
		return h->token.failed ? err_nomem(err) : -1;
	h->list[h->n++] = h->authorization.buf;
	return 0;
}

/* --- calls under way ------------------------------------------------------------------------- */

struct flight {                /* one call between its beginning and its end */
	struct aws_call *call; /* NULL: the place is free */
	size_t index;
	unsigned attempt;   /* the next one, those that were throttled not counted */
	unsigned throttled; /* answers */
	bool retried;       /* at the quota's cost */
	bool resigned, refreshed;
	int64_t due_ms;             /* when it may be sent; of clock_mono_ms() */
	const struct creds *creds;  /* that it was signed with, NULL: none */
	int64_t offset_s;           /* of the clocks, that it was signed with */
	struct http_transfer *sent; /* NULL: it waits */
	struct headers headers;
	struct reply reply;
	struct http_request request;
	struct http_answer answer;
};

struct run {
	struct aws *aws;
	struct aws_call **calls;
	size_t n, next; /* the first that has not begun */
	struct err *errs;
	bool failed;
	struct flight flights[AWS_PARALLEL_MAX];
	unsigned parallel;
	int64_t held_ms;      /* the pacer lets nobody go before */
	int64_t throttled_ms; /* since when EC2 has only throttled; -1: it has not */
	struct err stop;      /* class: why what has not begun need not begin */
};

static void end_flight(struct run *run, struct flight *f, const struct err *why)
{
	run->failed |= why != NULL;
	if (run->errs)
		run->errs[f->index] = why ? *why : (struct err){0};
	f->call = NULL;
}

/* End F without it being sent: what stopped the run is told. */
static void refuse_flight(struct run *run, struct flight *f)
{
	struct err why;

	err_set(&why, run->stop.class, "%s: not sent, since %s", f->call->action, run->stop.text);
	memcpy(why.code, run->stop.code, sizeof(why.code));
	end_flight(run, f, &why);
}

/* Fill the free places; false: nothing is under way any more. */
static bool board(struct run *run)
{
	bool any = false;

	for (unsigned i = 0; i < run->parallel; i++) {
		struct flight *f = &run->flights[i];

		while (!f->call && run->next < run->n) {
			*f = (struct flight){
				.call = run->calls[run->next], .index = run->next, .attempt = 1};
			run->next++;
			if (run->stop.class)
				refuse_flight(run, f);
		}
		any |= f->call != NULL;
	}
	return any;
}

static bool is_paced(const struct aws *aws, const struct aws_call *call)
{
	return call->service == AWS_EC2 && aws->pacer.take;
}

/* True: it may go, and is paid for. */
static bool may_go(struct run *run, const struct aws_call *call, int64_t now_ms)
{
	const struct aws_pacer *pacer = &run->aws->pacer;
	int64_t wait_ms;

	if (now_ms < run->held_ms)
		return false;
	if (!is_paced(run->aws, call))
		return true;
	wait_ms = pacer->take(pacer->arg, run->aws->region, call->action, call->instances);
	if (wait_ms <= 0)
		return true;
	/* nobody of this run overtakes: they mostly want the same */
	run->held_ms = now_ms + (wait_ms < PACE_ASK_MS ? wait_ms : PACE_ASK_MS);
	return false;
}

/* For how long one try may take. */
static int try_ms(const struct aws *aws, const struct aws_call *call)
{
	return call->loops && aws->timeout_ms > LOOP_TRY_MS ? LOOP_TRY_MS : aws->timeout_ms;
}

static int prepare(struct run *run, struct flight *f, struct err *err)
{
	struct aws *aws = run->aws;
	struct aws_call *call = f->call;

	if (call->attempts && call->reset && call->reset(call->arg, err) < 0)
		return -1;
	f->creds = call->creds;
	if (!f->creds && !call->unsigned_) {
		f->creds = creds_get(aws, false, err);
		if (!f->creds) {
			err_prefix(err, "%s", call->action);
			run->stop = *err; /* it takes long to find none, and is so for all */
			return -1;
		}
	}
	f->offset_s = aws->clock_offset_s;
	f->headers = (struct headers){.token = STRBUF_INIT, .authorization = STRBUF_INIT};
	if (make_headers(aws, call, f->creds, &f->headers, err) < 0)
		return -1;
	f->request = (struct http_request){
		.method = "POST",
		.url = aws->endpoint[call->service].url,
		.headers = f->headers.list,
		.nheaders = f->headers.n,
		.body = call->body,
		.len = call->len,
		.ca_bundle = aws->ca_bundle,
		.fresh = call->once,
		.connect_timeout_ms = aws->connect_timeout_ms,
		.timeout_ms = try_ms(aws, call) + call->wait_ms,
		.max_answer = aws->max_answer,
		.sink = reply_data,
		.arg = &f->reply,
	};
	if (call->target && f->request.max_answer > JSON_CALL_MAX)
		f->request.max_answer = JSON_CALL_MAX;
	return 0;
}

static void clear_try(struct flight *f)
{
	headers_release(&f->headers);
	reply_release(&f->reply);
}

static void launch(struct run *run, struct flight *f)
{
	struct err why = {0};

	if (run->stop.class && !f->call->attempts) {
		refuse_flight(run, f);
		return;
	}
	if (!may_go(run, f->call, clock_mono_ms()))
		return;
	if (prepare(run, f, &why) < 0 || reply_init(&f->reply, f->call, &why) < 0) {
		clear_try(f);
		end_flight(run, f, &why);
		return;
	}
	f->sent = http_start(run->aws->http, &f->request, &f->answer, &why);
	if (!f->sent) {
		clear_try(f);
		end_flight(run, f, &why);
		return;
	}
	f->call->attempts++;
}

static bool is_expired(const char *code)
{
	return !strcmp(code, "RequestExpired") ||
	       !strcmp(code, "InvalidSecurity.RequestHasExpired") ||
	       !strcmp(code, "RequestTimeTooSkewed") || !strcmp(code, "ExpiredToken") ||
	       !strcmp(code, "ExpiredTokenException");
}

/*
 * EC2 says "expired" both for a date too old and for temporary credentials at their end. The
 * answer's own date tells which. True: send again; each remedy is tried once.
 */
static bool mend_expiry(struct aws *aws, struct flight *f, const char *code)
{
	int64_t offset_s = f->answer.date_s - clock_now_s();

	/* STS calls a date out of range by the name of a bad signature */
	if (!is_expired(code) && !reply_echoes_request(code))
		return false;
	if (f->answer.date_s >= 0 && llabs(offset_s - f->offset_s) > SKEW_S && !f->resigned) {
		f->resigned = true;
		aws->clock_offset_s = offset_s;
		return true;
	}
	if (f->refreshed || f->call->creds || f->call->unsigned_ || !is_expired(code))
		return false;
	f->refreshed = true;
	/* another of this run may have found new ones already */
	return f->creds != aws->creds || creds_get(aws, true, NULL);
}

/* True: F waits for its next try. False: throttled for too long, which WHY now says. */
static bool wait_out(struct run *run, struct flight *f, struct err *why)
{
	const struct aws_pacer *pacer = &run->aws->pacer;
	int64_t now_ms = clock_mono_ms(), left_ms, delay_ms;
	char text[ERR_TEXT_SIZE], code[ERR_CODE_SIZE];

	if (is_paced(run->aws, f->call) && pacer->refused)
		pacer->refused(pacer->arg, run->aws->region, f->call->action);
	f->throttled++;
	if (run->throttled_ms < 0)
		run->throttled_ms = now_ms;
	left_ms = run->throttled_ms + run->aws->throttle_wait_ms - now_ms;
	if (left_ms > 0) {
		delay_ms = retry_delay_ms(f->throttled, ERR_THROTTLE, random_below(UINT32_MAX),
			f->answer.retry_after_ms);
		f->due_ms = now_ms + (delay_ms < left_ms ? delay_ms : left_ms);
		return true;
	}
	memcpy(text, why->text, sizeof(text));
	memcpy(code, why->code, sizeof(code));
	err_set(why, ERR_THROTTLE, "%s; throttled %u times in %" PRId64 " s", text, f->throttled,
		(now_ms - run->throttled_ms) / 1000);
	memcpy(why->code, code, sizeof(why->code));
	run->stop = *why;
	return false;
}

/* True: F waits for its next try. */
static bool try_again(struct run *run, struct flight *f, struct err *why)
{
	struct aws *aws = run->aws;

	f->due_ms = 0;
	if (mend_expiry(aws, f, why->code))
		return true;
	if (f->call->loops)
		return false;
	if (why->class == ERR_THROTTLE)
		return wait_out(run, f, why);
	if (!retry_allowed(why->class) || f->attempt >= (unsigned)aws->max_attempts ||
		!retry_take(&aws->quota))
		return false;
	f->due_ms = clock_mono_ms() + retry_delay_ms(f->attempt, why->class,
					      random_below(UINT32_MAX), f->answer.retry_after_ms);
	f->attempt++;
	f->retried = true;
	return true;
}

/* What came of the try that ended. */
static int judge_try(struct flight *f, struct err *why)
{
	int rc = http_finish(f->sent, why);

	f->sent = NULL;
	if (rc < 0)
		err_prefix(why, "%s", f->call->action);
	else
		rc = reply_judge(&f->reply, &f->answer, f->creds, why);
	f->call->unsure |= rc < 0 && f->answer.sent && !f->reply.refused;
	clear_try(f);
	return rc;
}

static void land(struct run *run, struct flight *f)
{
	struct err why = {0};

	if (judge_try(f, &why) < 0) {
		if (try_again(run, f, &why))
			return;
		if (why.class != ERR_THROTTLE && why.class != ERR_TRANSIENT)
			run->throttled_ms = -1;
		end_flight(run, f, &why);
		return;
	}
	run->throttled_ms = -1;
	retry_refund(&run->aws->quota, f->retried);
	end_flight(run, f, NULL);
}

/* Nothing moves any more. */
static void crash(struct run *run, const struct err *why)
{
	struct err ignored = {0};

	run->stop = *why;
	for (unsigned i = 0; i < run->parallel; i++) {
		struct flight *f = &run->flights[i];

		if (!f->call)
			continue;
		if (f->sent)
			judge_try(f, &ignored);
		end_flight(run, f, why);
	}
}

/* How long the next of those that wait has to. */
static int64_t pause_ms(const struct run *run)
{
	int64_t now_ms = clock_mono_ms(), first_ms = now_ms + DRIVE_MS;

	for (unsigned i = 0; i < run->parallel; i++) {
		const struct flight *f = &run->flights[i];
		int64_t due_ms = f->due_ms > run->held_ms ? f->due_ms : run->held_ms;

		if (f->call && !f->sent && due_ms < first_ms)
			first_ms = due_ms;
	}
	return first_ms > now_ms ? first_ms - now_ms : 0;
}

/* Give up those that nobody waits for any more. */
static void drop_stopped(struct run *run)
{
	for (unsigned i = 0; i < run->parallel; i++) {
		struct flight *f = &run->flights[i];
		struct err ignored = {0}, why = {0};

		if (!f->call || !f->call->stop || !*f->call->stop)
			continue;
		if (f->sent)
			judge_try(f, &ignored);
		err_set(&why, ERR_BUSY, "%s: stopped", f->call->action);
		end_flight(run, f, &why);
	}
}

static void step(struct run *run)
{
	struct err why = {0};

	for (unsigned i = 0; i < run->parallel; i++) {
		struct flight *f = &run->flights[i];

		if (f->call && !f->sent && f->due_ms <= clock_mono_ms())
			launch(run, f);
	}
	if (http_drive(run->aws->http, pause_ms(run), &why) < 0) {
		crash(run, &why);
		return;
	}
	for (unsigned i = 0; i < run->parallel; i++) {
		struct flight *f = &run->flights[i];

		if (f->sent && http_ended(f->sent))
			land(run, f);
	}
	drop_stopped(run);
}

int aws_call_many(
	struct aws *aws, struct aws_call *calls[], size_t n, unsigned parallel, struct err *errs)
{
	cleanup_free struct run *run = calloc(1, sizeof(*run));

	for (size_t i = 0; i < n; i++) {
		calls[i]->attempts = 0;
		calls[i]->unsure = false;
		if (!run && errs)
			err_nomem(&errs[i]);
	}
	if (!run)
		return -1;
	run->aws = aws;
	run->calls = calls;
	run->n = n;
	run->errs = errs;
	run->parallel = parallel < 1 ? 1 : parallel;
	if (run->parallel > AWS_PARALLEL_MAX)
		run->parallel = AWS_PARALLEL_MAX;
	run->held_ms = 0;
	run->throttled_ms = -1;
	/* a call for credentials runs inside of the one that needs them */
	aws->runs++;
	while (board(run))
		step(run);
	if (!--aws->runs)
		creds_drop_past(aws);
	return run->failed ? -1 : 0;
}

int aws_call(struct aws *aws, struct aws_call *call, struct err *err)
{
	struct err why = {0};

	if (!aws_call_many(aws, &call, 1, 1, &why))
		return 0;
	if (err)
		*err = why;
	return -1;
}
