/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/base/cleanup.h"
#include "lib/slurm/slurm_internal.h"

static bool initialised;

int slurm_fail(struct err *err, const char *doing)
{
	int number = errno;
	const char *text = slurm_strerror(number);

	err_set(err, slurm_error_class(number), "%s: %s", doing, text ? text : "no reason given");
	if (err)
		snprintf(err->code, sizeof(err->code), "%d", number);
	errno = number;
	return -1;
}

int slurm_client_check(struct err *err)
{
	return initialised ? 0 : err_set(err, ERR_FATAL, "slurm_client_init() was not called");
}

static void leave_at_once(void)
{
	_exit(1);
}

ssize_t slurm_ask_child(void (*task)(const void *arg, int fd), const void *arg, char *text,
	size_t size, struct err *err)
{
	cleanup_close int in = -1, out = -1;
	size_t len = 0;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, ERR_FATAL, "pipe");
	in = fds[0];
	out = fds[1];
	pid = fork();
	if (pid < 0)
		return err_errno(err, ERR_FATAL, "fork");
	if (!pid) {
		/* fatal() calls exit(), which must not run the parent's handlers or write its
		 * buffers */
		if (atexit(leave_at_once))
			_exit(1);
		task(arg, out);
		_exit(0);
	}
	close(out);
	out = -1;
	for (;;) { /* to its end, so that the child can end */
		bool full = len == size - 1;

		n = full ? read(in, text + len - 1, 1) : read(in, text + len, size - 1 - len);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		if (n > 0 && !full)
			len += (size_t)n;
	}
	text[len] = '\0';
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return (ssize_t)len;
}

/* The child of probe(): libslurm's complaints go to FD, at the end SLURM_CHILD_GOOD. */
static void probe_task(const void *conf, int fd)
{
	char good = SLURM_CHILD_GOOD;

	if (dup2(fd, STDERR_FILENO) < 0)
		_exit(1);
	slurm_init(conf);
	if (write(fd, &good, 1) != 1)
		_exit(1);
}

/* The first line of TEXT without "error: " and control characters. */
static void first_line(char *text)
{
	char *p = text;

	p[strcspn(p, "\n")] = '\0';
	for (; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	p = strstr(text, "error: ");
	if (p)
		memmove(text, p + 7, strlen(p + 7) + 1);
}

/*
 * slurm_init() ends the process with fatal() where slurm.conf is missing or holds a mistake. A
 * program that launches instances must not die of an administrator's typing error with its work
 * half done, so a child tries first: 2 to 4 ms.
 */
static int probe(const char *conf, struct err *err)
{
	char text[512];
	ssize_t len = slurm_ask_child(probe_task, conf, text, sizeof(text), err);

	if (len < 0)
		return -1;
	if (len && text[len - 1] == SLURM_CHILD_GOOD)
		return 0;
	first_line(text);
	return err_set(err, ERR_CONFIG, "%s: %s", conf ? conf : "slurm.conf",
		*text ? text : "libslurm cannot read it");
}

int slurm_client_init(const char *conf, struct err *err)
{
	const char *file = conf ? conf : getenv("SLURM_CONF");

	if (initialised)
		return 0;
	if (file && access(file, R_OK) < 0)
		return err_errno(err, ERR_CONFIG, "%s", file);
	if (probe(conf, err) < 0)
		return -1;
	slurm_init(conf);
	initialised = true;
	return 0;
}

void slurm_client_fini(void)
{
	if (initialised)
		slurm_fini();
	initialised = false;
}

int slurm_client_site(struct slurm_site *site, struct err *err)
{
	slurm_conf_t *conf = NULL;

	if (slurm_client_check(err) < 0)
		return -1;
	if (slurm_load_ctl_conf(0, &conf) != SLURM_SUCCESS)
		return slurm_fail(err, "asking slurmctld for its configuration");
	memset(site, 0, sizeof(*site));
	copy_text(site->cluster, sizeof(site->cluster), conf->cluster_name);
	copy_text(site->version, sizeof(site->version), conf->version);
	site->version_number = slurm_version_number(conf->version);
	copy_text(site->state_dir, sizeof(site->state_dir), conf->state_save_location);
	copy_text(site->slurm_user, sizeof(site->slurm_user), conf->slurm_user_name);
	site->resume_timeout_s = conf->resume_timeout;
	site->suspend_timeout_s = conf->suspend_timeout;
	site->kill_wait_s = conf->kill_wait;
	site->over_time_s = minutes16_to_s(conf->over_time_limit);
	site->resume_rate = conf->resume_rate;
	site->suspend_rate = conf->suspend_rate;
	site->prolog = conf->prolog_slurmctld != NULL;
	site->private_jobs = conf->private_data & PRIVATE_DATA_JOBS;
	site->dbd = conf->accounting_storage_type &&
		    !strcmp(conf->accounting_storage_type, "accounting_storage/slurmdbd");
#ifdef PRIVATE_CLOUD_NODES
	site->private_cloud = conf->private_data & PRIVATE_CLOUD_NODES;
#else
	site->private_cloud = true; /* from 23.02 everybody is shown all cloud nodes */
#endif
#if HAVE_DECL_SLURM_FREE_CONF
	slurm_free_conf(conf);
#else
	slurm_free_ctl_conf(conf);
#endif
	return 0;
}
