/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/intent/intent.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/kv.h"
#include "lib/base/money.h"
#include "lib/base/strbuf.h"

#define QUOTE_MAX     40 /* bytes of somebody's text in a message */
#define QUOTE_SIZE    (QUOTE_MAX + 4)
#define COST_TEXT_MAX 32 /* longer than any amount that is accepted, decimals and unit included */

static const char *const efa_names[] = {
	[EFA_UNSET] = "unset",
	[EFA_DISABLED] = "disabled",
	[EFA_OPTIONAL] = "optional",
	[EFA_PREFERRED] = "preferred",
	[EFA_REQUIRED] = "required",
};

static const char *const from_names[] = {
	[FROM_NOBODY] = "nobody",
	[FROM_SITE] = "site",
	[FROM_USER] = "user",
};

static const char *const submitters[] = {"sbatch", "salloc", "srun"};

static bool is_printable(unsigned char c)
{
	return c >= 0x20 && c <= 0x7e;
}

static bool all_printable(const char *text)
{
	for (; *text; text++)
		if (!is_printable((unsigned char)*text))
			return false;
	return true;
}

char *text_make_safe(const char *text, size_t max, char *buf, size_t size)
{
	size_t len = strnlen(text, max + 1);
	bool cut = len > max;
	size_t keep = cut ? max : len;

	if (!size)
		return buf;
	if (keep + (cut ? 3 : 0) >= size) {
		cut = true;
		keep = size > 4 ? size - 4 : 0;
	}
	for (size_t i = 0; i < keep; i++)
		buf[i] = is_printable((unsigned char)text[i]) ? text[i] : '?';
	buf[keep] = '\0';
	if (cut)
		snprintf(buf + keep, size - keep, "...");
	return buf;
}

const char *efa_mode_name(enum efa_mode mode)
{
	if ((unsigned)mode >= ARRAY_SIZE(efa_names))
		return "unknown";
	return efa_names[mode];
}

int efa_mode_parse(const char *text, enum efa_mode *mode, struct err *err)
{
	char quoted[QUOTE_SIZE];

	for (unsigned i = EFA_DISABLED; i < ARRAY_SIZE(efa_names); i++) {
		if (strcmp(text, efa_names[i]) == 0) {
			*mode = (enum efa_mode)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE,
		"\"%s\": %s; expected required, preferred, optional or disabled",
		text_make_safe(text, QUOTE_MAX, quoted, sizeof(quoted)),
		*text ? "no such mode" : "empty");
}

static int refuse_cost(const char *text, const char *reason, struct err *err)
{
	char quoted[QUOTE_SIZE];

	return err_set(err, ERR_USAGE,
		"\"%s\": %s; expected USD for the job such as 250 or 250USD, or per hour such as "
		"30/h",
		text_make_safe(text, QUOTE_MAX, quoted, sizeof(quoted)), reason);
}

/* What is wrong with UNIT, the part behind the number. */
static const char *unit_fault(const char *unit)
{
	size_t letters = strspn(unit, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

	/* three letters are a currency's code (ISO 4217), so say what is understood */
	if (letters == 3 && (!unit[3] || unit[3] == '/') && strncmp(unit, "USD", 3) != 0)
		return "unknown currency";
	return "unexpected characters after the number";
}

int cost_limit_parse(const char *text, struct cost_limit *limit, struct err *err)
{
	size_t number = strspn(text, "0123456789.");
	const char *unit = text + number;
	int64_t uusd = 0;
	struct err why = {0};
	bool per_hour;

	if (!*text)
		return refuse_cost(text, "empty", err);
	if (!all_printable(text))
		return refuse_cost(text, "not printable ASCII", err);
	if (strlen(text) > COST_TEXT_MAX)
		return refuse_cost(text, "too long", err);
	if (text[0] == '-' && strspn(text + 1, "0123456789."))
		return refuse_cost(text, "negative", err);
	if (money_parse(text, number, &uusd, &why) < 0)
		return refuse_cost(text, why.text, err);
	per_hour = strcmp(unit, "/h") == 0 || strcmp(unit, "USD/h") == 0;
	if (*unit && !per_hour && strcmp(unit, "USD") != 0)
		return refuse_cost(text, unit_fault(unit), err);
	if (!uusd)
		return refuse_cost(text, "zero", err);
	limit->uusd = uusd;
	limit->per_hour = per_hour;
	return 0;
}

char *cost_limit_format(const struct cost_limit *limit, char *buf, size_t size)
{
	char amount[32];

	if (!limit->uusd)
		snprintf(buf, size, "none");
	else
		snprintf(buf, size, "%s%s", money_format(limit->uusd, amount, sizeof(amount)),
			limit->per_hour ? "/h" : "");
	return buf;
}

/* "OMPI_A,OMPI_B": names of variables, in ascending order, none twice. */
static bool is_ompi_list(const char *text)
{
	const char *last = NULL;
	size_t last_len = 0;

	for (;;) {
		size_t len = strspn(
			text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

		if (strncmp(text, "OMPI_", 5) != 0)
			return false;
		if (last) {
			int order = strncmp(last, text, last_len < len ? last_len : len);

			if (order > 0 || (order == 0 && last_len >= len))
				return false;
		}
		if (!text[len])
			return true;
		if (text[len] != ',')
			return false;
		last = text;
		last_len = len;
		text += len + 1;
	}
}

/* The rules that writer and reader share. */
static int check(const struct intent *in, struct err *err)
{
	const struct {
		const char *key, *text;
	} texts[] = {{"mpi", in->mpi}, {"modules", in->modules}, {"i_mpi_root", in->i_mpi_root}};
	bool known = !in->via[0];

	if ((unsigned)in->efa > EFA_REQUIRED || (unsigned)in->efa_from > FROM_USER ||
		(in->efa == EFA_UNSET) != (in->efa_from == FROM_NOBODY))
		return err_set(err, ERR_USAGE, "efa and efa_from do not fit each other");
	for (size_t i = 0; i < ARRAY_SIZE(submitters); i++)
		known |= strcmp(in->via, submitters[i]) == 0;
	if (!known)
		return err_set(err, ERR_USAGE, "via is none of sbatch, salloc, srun");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!all_printable(texts[i].text))
			return err_set(err, ERR_USAGE, "%s is not printable ASCII", texts[i].key);
	if (in->ompi[0] && !is_ompi_list(in->ompi))
		return err_set(err, ERR_USAGE, "ompi is not a sorted list of OMPI_ names");
	return 0;
}

static void add_text(struct strbuf *sb, const char *key, const char *text)
{
	if (text[0])
		kv_add(sb, key, text);
}

int intent_encode(const struct intent *in, char *buf, size_t size, struct err *err)
{
	CLEANUP(strbuf_release) struct strbuf sb = STRBUF_INIT;
	char cost[48];

	if (check(in, err) < 0)
		return -1;
	if (in->cost.uusd < 0 || in->cost.uusd > INT64_C(1000000000) * UUSD_PER_USD ||
		(in->cost.per_hour && !in->cost.uusd))
		return err_set(err, ERR_USAGE, "cost is out of range");
	kv_add(&sb, "v", "1");
	if (in->efa != EFA_UNSET) {
		kv_add(&sb, "efa", efa_names[in->efa]);
		kv_add(&sb, "efa_from", from_names[in->efa_from]);
	}
	if (in->cost.uusd)
		kv_add(&sb, "cost", cost_limit_format(&in->cost, cost, sizeof(cost)));
	add_text(&sb, "via", in->via);
	add_text(&sb, "mpi", in->mpi);
	add_text(&sb, "modules", in->modules);
	add_text(&sb, "i_mpi_root", in->i_mpi_root);
	add_text(&sb, "ompi", in->ompi);
	if (sb.failed)
		return err_nomem(err);
	if (sb.len >= size)
		return err_set(
			err, ERR_FATAL, "intent of %zu bytes does not fit into %zu", sb.len, size);
	memcpy(buf, sb.buf, sb.len + 1);
	return 0;
}

static int decode_efa(const struct kv *kv, struct intent *in, struct err *err)
{
	return efa_mode_parse(kv->value, &in->efa, err);
}

static int decode_efa_from(const struct kv *kv, struct intent *in, struct err *err)
{
	char quoted[QUOTE_SIZE];

	for (unsigned i = FROM_SITE; i < ARRAY_SIZE(from_names); i++) {
		if (strcmp(kv->value, from_names[i]) == 0) {
			in->efa_from = (enum intent_from)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "\"%s\": expected site or user",
		text_make_safe(kv->value, QUOTE_MAX, quoted, sizeof(quoted)));
}

static int decode_cost(const struct kv *kv, struct intent *in, struct err *err)
{
	char again[48];

	if (cost_limit_parse(kv->value, &in->cost, err) < 0)
		return -1;
	/* one way to write each amount, so that a forged line is no different from a real one */
	if (strcmp(cost_limit_format(&in->cost, again, sizeof(again)), kv->value) != 0)
		return err_set(err, ERR_USAGE, "\"%s\": written %s here", kv->value, again);
	return 0;
}

static int decode_text(const struct kv *kv, char *out, size_t size, struct err *err)
{
	size_t len = strlen(kv->value);

	if (!len)
		return err_set(err, ERR_USAGE, "empty");
	if (len >= size)
		return err_set(err, ERR_USAGE, "more than %zu bytes", size - 1);
	memcpy(out, kv->value, len + 1);
	return 0;
}

/* One pair into IN. SEEN has a bit per key. */
static int decode_pair(const struct kv *kv, struct intent *in, unsigned *seen, struct err *err)
{
	const struct {
		const char *key;
		int (*decode)(const struct kv *kv, struct intent *in, struct err *err);
		char *out;
		size_t size;
	} keys[] = {
		{"efa", decode_efa, NULL, 0},
		{"efa_from", decode_efa_from, NULL, 0},
		{"cost", decode_cost, NULL, 0},
		{"via", NULL, in->via, sizeof(in->via)},
		{"mpi", NULL, in->mpi, sizeof(in->mpi)},
		{"modules", NULL, in->modules, sizeof(in->modules)},
		{"i_mpi_root", NULL, in->i_mpi_root, sizeof(in->i_mpi_root)},
		{"ompi", NULL, in->ompi, sizeof(in->ompi)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		int rc;

		if (strcmp(kv->key, keys[i].key) != 0)
			continue;
		if (*seen & (1u << i))
			return err_set(err, ERR_USAGE, "key %s stands twice", kv->key);
		*seen |= 1u << i;
		rc = keys[i].decode ? keys[i].decode(kv, in, err)
				    : decode_text(kv, keys[i].out, keys[i].size, err);
		return rc < 0 ? err_prefix(err, "key %s", kv->key) : 0;
	}
	return err_set(err, ERR_USAGE, "unknown key %s", kv->key);
}

int intent_decode(const char *line, struct intent *intent, struct err *err)
{
	struct intent in = {0};
	unsigned seen = 0;
	struct kv kv;
	int rc;

	if (strnlen(line, INTENT_LINE_SIZE) == INTENT_LINE_SIZE)
		return err_set(
			err, ERR_USAGE, "intent: longer than %d bytes", INTENT_LINE_SIZE - 1);
	rc = kv_next(&line, &kv, err);
	if (rc < 0)
		return err_prefix(err, "intent");
	if (!rc || strcmp(kv.key, "v") != 0)
		return err_set(err, ERR_USAGE, "intent: does not begin with a version");
	if (strcmp(kv.value, "1") != 0) {
		char quoted[QUOTE_SIZE];

		return err_set(err, ERR_USAGE, "intent: version \"%s\", but only 1 is known here",
			text_make_safe(kv.value, QUOTE_MAX, quoted, sizeof(quoted)));
	}
	while ((rc = kv_next(&line, &kv, err)) > 0)
		if (decode_pair(&kv, &in, &seen, err) < 0)
			return err_prefix(err, "intent");
	if (rc < 0 || check(&in, err) < 0)
		return err_prefix(err, "intent");
	*intent = in;
	return 0;
}

bool env_is_of_slurm(const char *entry)
{
	/* with the very values: a user who sets one of them to another does say something */
	static const char *const entries[] = {
		"OMPI_MCA_plm_slurm_args=--external-launcher",
		"PRTE_MCA_plm_slurm_args=--external-launcher",
		"HYDRA_BOOTSTRAP=slurm",
		"HYDRA_LAUNCHER_EXTRA_ARGS=--external-launcher",
		"I_MPI_HYDRA_BOOTSTRAP=slurm",
		"I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS=--external-launcher",
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (!strcmp(entry, entries[i]))
			return true;
	return false;
}
