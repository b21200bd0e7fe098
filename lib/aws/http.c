/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/http.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"

struct http {
	CURL *curl;
};

struct transfer {
	const struct http_request *request;
	struct http_answer *answer;
	size_t received;
	bool stopped; /* by us, for the reason in err */
	struct err err;
};

struct http *http_create(struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http) {
		err_nomem(err);
		return NULL;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		err_set(err, ERR_FATAL, "libcurl cannot be initialised");
		free(http);
		return NULL;
	}
	http->curl = curl_easy_init();
	if (!http->curl) {
		err_nomem(err);
		http_destroy(http);
		return NULL;
	}
	return http;
}

void http_destroy(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	free(http);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= size;
	if (n > t->request->max_answer - t->received) {
		err_set(&t->err, ERR_FATAL, "the answer is larger than %zu bytes",
			t->request->max_answer);
		t->stopped = true;
		return 0;
	}
	t->received += n;
	if (t->request->sink && t->request->sink(t->request->arg, data, n, &t->err) < 0) {
		t->stopped = true;
		return 0;
	}
	return n;
}

/* The value if LINE (not NUL-ended) is header NAME, copied without blanks at its ends. */
static bool header_value(const char *line, size_t len, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) || line[n] != ':')
		return false;
	line += n + 1;
	len -= n + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && (unsigned char)line[len - 1] <= ' ')
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(out, line, len);
	out[len] = '\0';
	return true;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct http_answer *answer = t->answer;
	char value[64], *end;

	n *= size;
	if (header_value(data, n, "date", value, sizeof(value)))
		answer->date_s = (int64_t)curl_getdate(value, NULL);
	if (header_value(data, n, "content-type", value, sizeof(value)))
		snprintf(answer->content_type, sizeof(answer->content_type), "%s", value);
	if (header_value(data, n, "x-amz-retry-after", value, sizeof(value))) {
		long ms = strtol(value, &end, 10);

		if (end != value && !*end && ms >= 0)
			answer->retry_after_ms = ms;
	}
	return n;
}

static enum err_class class_of(CURLcode rc)
{
	switch (rc) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return ERR_CONFIG;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		return ERR_FATAL;
	default:
		return ERR_TRANSIENT;
	}
}

static void wipe_list(struct curl_slist *list)
{
	for (struct curl_slist *l = list; l; l = l->next)
		OPENSSL_cleanse(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static struct curl_slist *list_headers(const struct http_request *request)
{
	struct curl_slist *list = NULL, *longer;

	/* "Expect: 100-continue" would cost a round trip on large bodies */
	for (size_t i = 0; i <= request->nheaders; i++) {
		longer = curl_slist_append(list, i ? request->headers[i - 1] : "Expect:");
		if (!longer) {
			wipe_list(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

static void set_options(CURL *curl, const struct http_request *request, struct transfer *t)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
	if (request->ca_bundle) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_bundle);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (request->no_proxy)
		curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (request->body) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
	}
	if (strcmp(request->method, request->body ? "POST" : "GET"))
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

/* Begin anew, without the connections of earlier requests. */
static int renew(struct http *http)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		return -1;
	curl_easy_cleanup(http->curl);
	http->curl = curl;
	return 0;
}

int http_perform(struct http *http, const struct http_request *request, struct http_answer *answer,
	struct err *err)
{
	struct transfer t = {.request = request, .answer = answer};
	struct curl_slist *headers;
	char reason[CURL_ERROR_SIZE] = "";
	CURLcode rc;
	long sent = 0;

	*answer = (struct http_answer){.date_s = -1, .retry_after_ms = -1};
	headers = list_headers(request);
	if (!headers)
		return err_nomem(err);
	if (request->fresh && renew(http) < 0) {
		wipe_list(headers);
		return err_nomem(err);
	}
	curl_easy_reset(http->curl); /* keeps connections */
	set_options(http->curl, request, &t);
	curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(http->curl, CURLOPT_ERRORBUFFER, reason);
	rc = curl_easy_perform(http->curl);
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	/* still 0 where name, connection or TLS failed */
	curl_easy_getinfo(http->curl, CURLINFO_REQUEST_SIZE, &sent);
	answer->sent = sent > 0;
	answer->timed_out = rc == CURLE_OPERATION_TIMEDOUT;
	curl_easy_reset(http->curl); /* it points at our stack */
	wipe_list(headers);
	if (t.stopped) {
		if (err)
			*err = t.err;
		return -1;
	}
	if (rc)
		return err_set(err, class_of(rc), "%s: %s", request->url,
			reason[0] ? reason : curl_easy_strerror(rc));
	return 0;
}

int http_buffer_create(struct http_buffer *buffer, size_t size, struct err *err)
{
	*buffer = (struct http_buffer){.data = calloc(1, size), .size = size};
	return buffer->data ? 0 : err_nomem(err);
}

int http_buffer_sink(void *arg, const char *data, size_t len, struct err *err)
{
	struct http_buffer *buffer = arg;

	if (len >= buffer->size - buffer->len)
		return err_set(
			err, ERR_FATAL, "the answer is larger than %zu bytes", buffer->size - 1);
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	buffer->data[buffer->len] = '\0';
	return 0;
}

void http_buffer_clear(struct http_buffer *buffer)
{
	if (buffer->data)
		OPENSSL_cleanse(buffer->data, buffer->len + 1);
	buffer->len = 0;
}

void http_buffer_release(struct http_buffer *buffer)
{
	http_buffer_clear(buffer);
	free(buffer->data);
	buffer->data = NULL;
}

void http_wipe_release(struct strbuf *sb)
{
	if (sb->alloc)
		OPENSSL_cleanse(sb->buf, sb->alloc);
	strbuf_release(sb);
}
