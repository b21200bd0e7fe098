# unit tests: aws
AWS_UNIT_CPPFLAGS = $(UNIT_CPPFLAGS) $(CURL_CFLAGS) $(OPENSSL_CFLAGS) $(XML_CFLAGS) $(JSON_CFLAGS)
AWS_UNIT_LDADD = libaws.a libcatalog.a libbase.a $(AWS_LIBS) $(CHECK_LIBS)
EC2_FIXTURE = tests/unit/ec2_fixture.c tests/unit/ec2_fixture.h \
	tests/unit/http_server.c tests/unit/http_server.h
EXTRA_DIST += tests/vectors/sigv4

check_PROGRAMS += tests/unit/test_sigv4
tests_unit_test_sigv4_SOURCES = tests/unit/test_sigv4.c
tests_unit_test_sigv4_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_sigv4_LDADD = $(AWS_UNIT_LDADD)

check_PROGRAMS += tests/unit/test_ec2
tests_unit_test_ec2_SOURCES = tests/unit/test_ec2.c $(EC2_FIXTURE)
tests_unit_test_ec2_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_ec2_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_aws_parts
tests_unit_test_aws_parts_SOURCES = tests/unit/test_aws_parts.c
tests_unit_test_aws_parts_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_aws_parts_LDADD = $(AWS_UNIT_LDADD)

check_PROGRAMS += tests/unit/test_creds
tests_unit_test_creds_SOURCES = tests/unit/test_creds.c tests/unit/creds_fixture.c tests/unit/creds_fixture.h \
	tests/unit/http_server.c tests/unit/http_server.h
tests_unit_test_creds_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_creds_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_ec2_objects
tests_unit_test_ec2_objects_SOURCES = tests/unit/test_ec2_objects.c $(EC2_FIXTURE)
tests_unit_test_ec2_objects_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_ec2_objects_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_profile
tests_unit_test_profile_SOURCES = tests/unit/test_profile.c tests/unit/creds_fixture.c tests/unit/creds_fixture.h
tests_unit_test_profile_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_profile_LDADD = $(AWS_UNIT_LDADD)

check_PROGRAMS += tests/unit/test_ec2_reserved
tests_unit_test_ec2_reserved_SOURCES = tests/unit/test_ec2_reserved.c $(EC2_FIXTURE)
tests_unit_test_ec2_reserved_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_ec2_reserved_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_json_call
tests_unit_test_json_call_SOURCES = tests/unit/test_json_call.c $(EC2_FIXTURE)
tests_unit_test_json_call_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_json_call_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_calls
tests_unit_test_calls_SOURCES = tests/unit/test_calls.c $(EC2_FIXTURE)
tests_unit_test_calls_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_calls_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_classify
tests_unit_test_classify_SOURCES = tests/unit/test_classify.c
tests_unit_test_classify_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_classify_LDADD = $(AWS_UNIT_LDADD)

check_PROGRAMS += tests/unit/test_batches
tests_unit_test_batches_SOURCES = tests/unit/test_batches.c $(EC2_FIXTURE)
tests_unit_test_batches_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_batches_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_ec2_types
tests_unit_test_ec2_types_SOURCES = tests/unit/test_ec2_types.c $(EC2_FIXTURE)
tests_unit_test_ec2_types_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_ec2_types_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_ec2_health
tests_unit_test_ec2_health_SOURCES = tests/unit/test_ec2_health.c $(EC2_FIXTURE)
tests_unit_test_ec2_health_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_ec2_health_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_sqs
tests_unit_test_sqs_SOURCES = tests/unit/test_sqs.c $(EC2_FIXTURE)
tests_unit_test_sqs_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_sqs_LDADD = $(AWS_UNIT_LDADD) -lpthread

check_PROGRAMS += tests/unit/test_event
tests_unit_test_event_SOURCES = tests/unit/test_event.c
tests_unit_test_event_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_event_LDADD = $(AWS_UNIT_LDADD)

check_PROGRAMS += tests/unit/test_pricing
tests_unit_test_pricing_SOURCES = tests/unit/test_pricing.c $(EC2_FIXTURE)
tests_unit_test_pricing_CPPFLAGS = $(AWS_UNIT_CPPFLAGS)
tests_unit_test_pricing_LDADD = $(AWS_UNIT_LDADD) -lpthread
