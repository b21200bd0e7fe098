# The power-save helper.
bin_PROGRAMS += helper/aws-slurm-burst
noinst_LIBRARIES += libhelper.a

# all of the helper but main(): unit tests link it
libhelper_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)
libhelper_a_SOURCES = \
	helper/account.c helper/account.h \
	helper/adopt.c helper/adopt.h \
	helper/alarm.c helper/alarm.h \
	helper/app.c helper/app.h \
	helper/attempt.c helper/attempt.h \
	helper/attempt_launch.c \
	helper/attempt_bind.c \
	helper/boot.c helper/boot.h \
	helper/budget.c helper/budget.h \
	helper/cmd_budget.c \
	helper/catalog_list.c helper/catalog_list.h \
	helper/cmd_catalog.c \
	helper/cmd_cost.c \
	helper/cmd_detect.c \
	helper/cmd_estimate.c \
	helper/cmd_explain.c \
	helper/cmd_export.c \
	helper/cmd_generate.c \
	helper/cmd_notices.c \
	helper/cmd_open.c \
	helper/cmd_prices.c \
	helper/cmd_reconcile.c \
	helper/cmd_release.c \
	helper/cmd_resume.c \
	helper/cmd_resume_fail.c \
	helper/cmd_status.c \
	helper/cmd_suspend.c \
	helper/commands.h \
	helper/comment.c helper/comment.h \
	helper/compare.c helper/compare.h \
	helper/compare_read.c \
	helper/conf_types.c helper/conf_types.h \
	helper/console.c helper/console.h \
	helper/cost.c helper/cost.h \
	helper/cost_group.c \
	helper/demand.c helper/demand.h \
	helper/ends.c helper/ends.h \
	helper/estimate.c helper/estimate.h \
	helper/estimate_show.c \
	helper/explain.c helper/explain.h \
	helper/failure.c helper/failure.h \
	helper/final_cost.c helper/final_cost.h \
	helper/fleet_body.c helper/fleet_body.h \
	helper/generate.c helper/generate.h \
	helper/groups.c helper/groups.h \
	helper/judge.c helper/judge.h \
	helper/judge_cost.c \
	helper/judge_gangs.c \
	helper/judge_health.c \
	helper/judge_instances.c \
	helper/judge_internal.h \
	helper/judge_leftovers.c \
	helper/judge_nodes.c \
	helper/leave.c helper/leave.h \
	helper/limit.c helper/limit.h \
	helper/lock.c helper/lock.h \
	helper/lost.c helper/lost.h \
	helper/moved.c helper/moved.h \
	helper/notice.c helper/notice.h helper/notice_hit.h \
	helper/notice_jobs.c \
	helper/notice_work.c \
	helper/notices.c helper/notices.h \
	helper/pace.c helper/pace.h \
	helper/pending.c helper/pending.h \
	helper/persons.c helper/persons.h \
	helper/preflight.c helper/preflight.h \
	helper/prices.c helper/prices.h helper/prices_internal.h \
	helper/prices_ask.c \
	helper/prices_list.c \
	helper/protect.c helper/protect.h \
	helper/provision.c helper/provision.h \
	helper/prune.c helper/prune.h \
	helper/public.c helper/public.h \
	helper/rebuild.c helper/rebuild.h \
	helper/recent.c helper/recent.h \
	helper/refresh.c helper/refresh.h \
	helper/release.c helper/release.h \
	helper/reopen.c helper/reopen.h \
	helper/reconcile.c helper/reconcile.h \
	helper/reconcile_show.c helper/reconcile_show.h \
	helper/repair.c helper/repair.h \
	helper/repair_cost.c \
	helper/repair_gang.c \
	helper/repair_health.c \
	helper/repair_instance.c \
	helper/repair_internal.h \
	helper/repair_node.c \
	helper/repair_rest.c \
	helper/report.h \
	helper/report_chart.c helper/report_chart.h \
	helper/report_html.c \
	helper/report_text.c \
	helper/request.c helper/request.h \
	helper/reserved.c helper/reserved.h \
	helper/room.c helper/room.h \
	helper/runs.c helper/runs.h \
	helper/sbatch_options.c helper/sbatch_options.h \
	helper/sbatch_values.c helper/sbatch_values.h \
	helper/show.c helper/show.h \
	helper/show_detect.c helper/show_detect.h \
	helper/site.c helper/site.h \
	helper/spot_policy.c helper/spot_policy.h \
	helper/stale.c helper/stale.h \
	helper/status.h \
	helper/survey.c helper/survey.h \
	helper/survey_clock.c \
	helper/survey_cost.c \
	helper/survey_ec2.c \
	helper/survey_health.c helper/survey_health.h \
	helper/survey_internal.h \
	helper/survey_link.c \
	helper/survey_state.c \
	helper/tags.c helper/tags.h \
	helper/tasks.c helper/tasks.h \
	helper/tries.c helper/tries.h \
	helper/templates.c helper/templates.h \
	helper/types.c helper/types.h \
	helper/watch.c helper/watch.h \
	helper/wish.c helper/wish.h
# End of libhelper_a_SOURCES

helper_aws_slurm_burst_SOURCES = helper/main.c
helper_aws_slurm_burst_LDADD = $(HELPER_LIBS)
HELPER_LIBS = libhelper.a libhelper_conf.a libplan.a libstate.a \
	libslurmclient.a libaws.a libcatalog.a libintent.a libbase.a \
	$(SLURM_LIBS) $(AWS_LIBS) $(JSON_LIBS) $(YAML_LIBS) $(SQLITE_LIBS)

# The names that slurm.conf knows: LINK:PROGRAM, made in bindir. hook.mk adds its own.
HOOK_LINKS = \
	aws-slurm-burst-resume:aws-slurm-burst \
	aws-slurm-burst-resume-fail:aws-slurm-burst \
	aws-slurm-burst-suspend:aws-slurm-burst

include helper/hook.mk

install-exec-hook:
	for pair in $(HOOK_LINKS); do \
		$(LN_S) -f "$${pair#*:}" "$(DESTDIR)$(bindir)/$${pair%%:*}" || exit 1; \
	done

uninstall-hook:
	for pair in $(HOOK_LINKS); do rm -f "$(DESTDIR)$(bindir)/$${pair%%:*}"; done
