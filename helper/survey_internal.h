/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey_internal: what the files of survey.h share. survey.c keeps the order in which everything
 * is read.
 */
#ifndef BURST_SURVEY_INTERNAL_H
#define BURST_SURVEY_INTERNAL_H

#include "helper/survey.h"

/* What state.db had at first. */
struct survey_first {
	struct gang *gangs; /* by id */
	size_t ngangs;
	struct instance *rows; /* by id */
	size_t nrows;
	bool *held; /* the lock of each gang */
};
void survey_first_release(struct survey_first *first);

/* survey_state.c */
int survey_state_first(struct app *app, struct survey_first *first, struct err *err);
int survey_state_last(
	struct app *app, struct survey *survey, const struct survey_first *first, struct err *err);

/* survey_ec2.c: those of the configuration and of ROWS */
int survey_ec2_regions(struct app *app, struct survey *survey, const struct instance *rows,
	size_t nrows, struct err *err);
void survey_ec2_tagged(struct app *app, struct survey *survey);
int survey_ec2_missing(struct app *app, struct survey *survey, struct err *err);

/* survey_cost.c: after survey_link() */
int survey_costs(struct app *app, struct survey *survey, struct err *err);

/* survey_clock.c: what the pass before wrote down */
int survey_clock_read(struct app *app, struct survey *survey, struct err *err);

void survey_sort_instances(struct ec2_instances *instances);
void survey_sort_nodes(struct survey *survey);

#endif
