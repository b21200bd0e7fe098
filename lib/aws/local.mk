# aws: the only room with curl, OpenSSL and libxml2
noinst_LIBRARIES += libaws.a
libaws_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(OPENSSL_CFLAGS) $(XML_CFLAGS) $(JSON_CFLAGS)
libaws_a_SOURCES = \
	lib/aws/answer.c \
	lib/aws/answer.h \
	lib/aws/aws.c \
	lib/aws/aws.h \
	lib/aws/bucket_table.c \
	lib/aws/bucket_table.h \
	lib/aws/classify.c \
	lib/aws/client.c \
	lib/aws/client.h \
	lib/aws/creds.c \
	lib/aws/creds.h \
	lib/aws/creds_http.c \
	lib/aws/creds_process.c \
	lib/aws/ec2.h \
	lib/aws/ec2_console.c \
	lib/aws/ec2_fleet.c \
	lib/aws/ec2_group.c \
	lib/aws/ec2_instance.c \
	lib/aws/ec2_reservation.c \
	lib/aws/ec2_spot.c \
	lib/aws/ec2_spot_price.c \
	lib/aws/ec2_status.c \
	lib/aws/ec2_template.c \
	lib/aws/ec2_types.c \
	lib/aws/endpoint.c \
	lib/aws/endpoint.h \
	lib/aws/event.c \
	lib/aws/event.h \
	lib/aws/http.c \
	lib/aws/http.h \
	lib/aws/json_call.c \
	lib/aws/json_call.h \
	lib/aws/pricing.c \
	lib/aws/pricing.h \
	lib/aws/profile.c \
	lib/aws/profile.h \
	lib/aws/query.c \
	lib/aws/query.h \
	lib/aws/quotas.c \
	lib/aws/quotas.h \
	lib/aws/reply.c \
	lib/aws/reply.h \
	lib/aws/retry.c \
	lib/aws/retry.h \
	lib/aws/sigv4.c \
	lib/aws/sigv4.h \
	lib/aws/sqs.c \
	lib/aws/sqs.h \
	lib/aws/sts.c \
	lib/aws/sts.h \
	lib/aws/xml.c \
	lib/aws/xml.h
AWS_LIBS = $(CURL_LIBS) $(OPENSSL_LIBS) $(XML_LIBS) $(JSON_LIBS)
