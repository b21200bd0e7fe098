/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare: the ledger beside AWS's Cost and Usage Report, instance by instance. The report's names
 * are those of the legacy one ("lineItem/ResourceId"), of its Athena integration and of CUR 2.0
 * ("line_item_resource_id").
 */
#ifndef BURST_COMPARE_H
#define BURST_COMPARE_H

#include "helper/cost.h"
#include "lib/base/strbuf.h"

struct compare {
	int64_t tolerance_uusd;
	bool all; /* also those that agree */
	bool json;
	const char *cluster; /* whose tag says that an instance is ours; NULL: any */
	int64_t now_ms;
};

/* One instance in AWS's report: what it cost itself, without disks and traffic. */
struct compare_bill {
	char instance[32];
	char type[32]; /* of the usage type; "" */
	bool spot;
	bool ours;            /* by its tag; false also where the report has no tags */
	int64_t nusd;         /* billionths of a USD */
	int64_t nhours;       /* billionths of an hour */
	int64_t from_s, to_s; /* first and last hour that it names */
};

struct compare_bills {
	struct compare_bill *all; /* by instance */
	size_t n, alloc;
	int64_t from_s, to_s; /* of EC2's use; where there was none, of the whole report */
	bool used;            /* there was */
	size_t rows;          /* lines read */
};

/* The instances in TEXT of LEN bytes, which is changed. ERR_CONFIG with its line for what is no
 * such report, or of another currency than USD. */
int compare_read(
	char *text, size_t len, const char *cluster, struct compare_bills *bills, struct err *err);
void compare_bills_release(struct compare_bills *bills);

/*
 * A decimal number, also "1.5E-7", in billionths, rounded half away from zero. ERR_USAGE for what
 * is no number or too large.
 */
int compare_decimal(const char *text, int64_t *billionths, struct err *err);

/* The report TEXT of LEN bytes, which is changed, beside the ledger of DB, as text or JSON appended
 * to OUT. 1: some differ; 0: all agree; -1. */
int compare_text(struct db *db, char *text, size_t len, const struct compare *how,
	struct strbuf *out, struct err *err);

#endif
