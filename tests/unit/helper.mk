# unit tests: helper
check_PROGRAMS += tests/unit/test_conf
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c tests/unit/conf_fixture.h
tests_unit_test_conf_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DEXAMPLE='"$(abs_top_srcdir)/contrib/slurm/aws-burst.yaml.example"'
tests_unit_test_conf_LDADD = $(HELPER_CONF_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_log_LDADD = $(HELPER_CONF_LIBS) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_demand
tests_unit_test_demand_SOURCES = tests/unit/test_demand.c
tests_unit_test_demand_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_demand_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_wish
tests_unit_test_wish_SOURCES = tests/unit/test_wish.c
tests_unit_test_wish_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_wish_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_gate
tests_unit_test_gate_SOURCES = tests/unit/test_gate.c
tests_unit_test_gate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_gate_LDADD = $(HELPER_HOOK_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_hook
tests_unit_test_hook_SOURCES = tests/unit/test_hook.c
tests_unit_test_hook_CPPFLAGS = $(UNIT_CPPFLAGS) \
	-DHOOK='"$(abs_top_builddir)/helper/aws-slurm-burst-hook$(EXEEXT)"'
tests_unit_test_hook_LDADD = $(HELPER_HOOK_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_conf_refuse
tests_unit_test_conf_refuse_SOURCES = tests/unit/test_conf_refuse.c tests/unit/conf_fixture.h
tests_unit_test_conf_refuse_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_conf_refuse_LDADD = $(HELPER_CONF_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_conf_launch
tests_unit_test_conf_launch_SOURCES = tests/unit/test_conf_launch.c tests/unit/conf_fixture.h
tests_unit_test_conf_launch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_conf_launch_LDADD = $(HELPER_CONF_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_conf_choice
tests_unit_test_conf_choice_SOURCES = tests/unit/test_conf_choice.c tests/unit/conf_fixture.h
tests_unit_test_conf_choice_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_conf_choice_LDADD = $(HELPER_CONF_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_fleet_body
tests_unit_test_fleet_body_SOURCES = tests/unit/test_fleet_body.c
tests_unit_test_fleet_body_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_fleet_body_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

APP_FIXTURE = tests/unit/app_fixture.c tests/unit/app_fixture.h \
	tests/unit/http_server.c tests/unit/http_server.h $(STATE_FIXTURE)

check_PROGRAMS += tests/unit/test_account
tests_unit_test_account_SOURCES = tests/unit/test_account.c $(APP_FIXTURE)
tests_unit_test_account_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_account_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_adopt
tests_unit_test_adopt_SOURCES = tests/unit/test_adopt.c $(APP_FIXTURE)
tests_unit_test_adopt_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_adopt_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_preflight
tests_unit_test_preflight_SOURCES = tests/unit/test_preflight.c $(APP_FIXTURE)
tests_unit_test_preflight_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_preflight_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_groups
tests_unit_test_groups_SOURCES = tests/unit/test_groups.c $(APP_FIXTURE)
tests_unit_test_groups_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_groups_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_templates
tests_unit_test_templates_SOURCES = tests/unit/test_templates.c $(APP_FIXTURE)
tests_unit_test_templates_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_templates_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_tries
tests_unit_test_tries_SOURCES = tests/unit/test_tries.c $(APP_FIXTURE)
tests_unit_test_tries_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tries_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_explain
tests_unit_test_explain_SOURCES = tests/unit/test_explain.c tests/unit/show_fixture.h \
	tests/unit/state_fixture.c tests/unit/state_fixture.h
tests_unit_test_explain_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_explain_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_status
tests_unit_test_status_SOURCES = tests/unit/test_status.c tests/unit/show_fixture.h \
	tests/unit/state_fixture.c tests/unit/state_fixture.h
tests_unit_test_status_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_status_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_boot
tests_unit_test_boot_SOURCES = tests/unit/test_boot.c
tests_unit_test_boot_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_boot_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_pace
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c $(EC2_FIXTURE)
tests_unit_test_pace_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pace_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_types
tests_unit_test_types_SOURCES = tests/unit/test_types.c $(APP_FIXTURE)
tests_unit_test_types_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS) $(JSON_CFLAGS)
tests_unit_test_types_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_catalog_list
tests_unit_test_catalog_list_SOURCES = tests/unit/test_catalog_list.c $(STATE_FIXTURE)
tests_unit_test_catalog_list_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_catalog_list_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_refresh
tests_unit_test_refresh_SOURCES = tests/unit/test_refresh.c $(APP_FIXTURE)
tests_unit_test_refresh_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_refresh_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_public
tests_unit_test_public_SOURCES = tests/unit/test_public.c $(APP_FIXTURE)
tests_unit_test_public_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_public_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_site
tests_unit_test_site_SOURCES = tests/unit/test_site.c tests/unit/conf_fixture.h
tests_unit_test_site_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_site_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_show_detect
tests_unit_test_show_detect_SOURCES = tests/unit/test_show_detect.c
tests_unit_test_show_detect_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_show_detect_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_sbatch_options
tests_unit_test_sbatch_options_SOURCES = tests/unit/test_sbatch_options.c
tests_unit_test_sbatch_options_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_sbatch_options_LDADD = libhelper.a libplan.a libintent.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_estimate
tests_unit_test_estimate_SOURCES = tests/unit/test_estimate.c \
	tests/unit/state_fixture.c tests/unit/state_fixture.h
tests_unit_test_estimate_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS) \
	-DESTIMATE_DIR='"$(abs_top_srcdir)/tests/corpus/estimate"'
tests_unit_test_estimate_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_alarm
tests_unit_test_alarm_SOURCES = tests/unit/test_alarm.c $(APP_FIXTURE)
tests_unit_test_alarm_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alarm_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_repair
tests_unit_test_repair_SOURCES = tests/unit/test_repair.c $(APP_FIXTURE)
tests_unit_test_repair_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_repair_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_watch
tests_unit_test_watch_SOURCES = tests/unit/test_watch.c
tests_unit_test_watch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_watch_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_room
tests_unit_test_room_SOURCES = tests/unit/test_room.c $(APP_FIXTURE)
tests_unit_test_room_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_room_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_survey_cost
tests_unit_test_survey_cost_SOURCES = tests/unit/test_survey_cost.c $(APP_FIXTURE)
tests_unit_test_survey_cost_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_survey_cost_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_conf_types
tests_unit_test_conf_types_SOURCES = tests/unit/test_conf_types.c $(APP_FIXTURE)
tests_unit_test_conf_types_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS) $(JSON_CFLAGS)
tests_unit_test_conf_types_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread
check_PROGRAMS += tests/unit/test_limit
tests_unit_test_limit_SOURCES = tests/unit/test_limit.c
tests_unit_test_limit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_limit_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_judge_health
tests_unit_test_judge_health_SOURCES = tests/unit/test_judge_health.c
tests_unit_test_judge_health_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_judge_health_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

JUDGE_FIXTURE = tests/unit/judge_fixture.c tests/unit/judge_fixture.h

check_PROGRAMS += tests/unit/test_judge
tests_unit_test_judge_SOURCES = tests/unit/test_judge.c $(JUDGE_FIXTURE)
tests_unit_test_judge_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_judge_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_judge_nodes
tests_unit_test_judge_nodes_SOURCES = tests/unit/test_judge_nodes.c $(JUDGE_FIXTURE)
tests_unit_test_judge_nodes_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_judge_nodes_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_survey
tests_unit_test_survey_SOURCES = tests/unit/test_survey.c $(APP_FIXTURE)
tests_unit_test_survey_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_survey_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_notice
tests_unit_test_notice_SOURCES = tests/unit/test_notice.c $(APP_FIXTURE)
tests_unit_test_notice_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_notice_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_survey_health
tests_unit_test_survey_health_SOURCES = tests/unit/test_survey_health.c $(APP_FIXTURE)
tests_unit_test_survey_health_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_survey_health_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_generate
tests_unit_test_generate_SOURCES = tests/unit/test_generate.c $(APP_FIXTURE)
tests_unit_test_generate_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_generate_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_tags
tests_unit_test_tags_SOURCES = tests/unit/test_tags.c
tests_unit_test_tags_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_tags_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_prices
tests_unit_test_prices_SOURCES = tests/unit/test_prices.c $(APP_FIXTURE)
tests_unit_test_prices_CPPFLAGS = $(UNIT_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_test_prices_LDADD = $(HELPER_LIBS) $(CHECK_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_compare
tests_unit_test_compare_SOURCES = tests/unit/test_compare.c
tests_unit_test_compare_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_compare_LDADD = $(HELPER_LIBS) $(CHECK_LIBS)
