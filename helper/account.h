/* SPDX-License-Identifier: Apache-2.0 */
/*
 * account: our credentials are those of the AWS account that state.db is of, and our name is that
 * of its cluster.
 *
 * In another account EC2 knows none of our instances: they would be taken for gone, while they go
 * on running, and what is launched would be out of the sight of the right credentials. Under
 * another name our own instances are somebody else's, whom we never touch.
 */
#ifndef BURST_ACCOUNT_H
#define BURST_ACCOUNT_H

#include "helper/app.h"

/*
 * Before anything at EC2 is changed, or concluded from what it does not show. Asks STS once a day
 * for each key, and then remembers it in state.db (cache); the first account is written down (meta
 * "account"), also a new one when nothing of the former lives any more. ERR_AUTH for another
 * account, naming both. The same for cluster_name (meta "cluster"), with ERR_FATAL. Where STS does
 * not answer (a network without a way to it), that is logged and no error: EC2 itself refuses bad
 * credentials. state.db is open in APP; for reading only, nothing is written down.
 */
int account_check(struct app *app, struct err *err);

#endif
