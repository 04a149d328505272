/* net/http_url.h: what may be called, and its one spelling. What is refused is tried for real in test_http_guard.c. */
#include "lib/test.h"

#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/http_url.h"

static const struct http_url_rule STRICT = {.allow_http = false, .allow_private = false};
static const struct http_url_rule OPEN = {.allow_http = true, .allow_private = true};

struct row {
    const char *url, *one; /* NULL: refused */
};

static void check(const struct row *rows, size_t n, const struct http_url_rule *rule)
{
    for (size_t i = 0; i < n; i++) {
        struct err err = {.text = ""};
        char *one = NULL;
        int rc = http_url_normalize(rows[i].url, rule, &one, &err);
        if (!rows[i].one && (rc != ERR_INVALID || !err.text[0]))
            fail_msg("%s: %s", rows[i].url, rc == 0 ? one : "no words");
        if (rows[i].one && rc != 0)
            fail_msg("%s: %s", rows[i].url, err.text);
        if (rows[i].one)
            assert_string_equal(one, rows[i].one);
        free(one);
    }
}

static void test_http_url_normalize__gives_the_one_spelling(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"https://example.org", "https://example.org/"},
        {"HTTPS://Example.ORG/Path?q=A", "https://example.org/Path?q=A"},
        {"https://example.org./x", "https://example.org/x"},
        {"https://example.org:8443/x", "https://example.org:8443/x"},
        {"https://ängelholm.example/x", "https://xn--ngelholm-zza.example/x"},
        {"https://ÄNGELHOLM.example/x", "https://xn--ngelholm-zza.example/x"},
        {"https://ｅxample.org/", "https://example.org/"},
        {"https://example。org/", "https://example.org/"},
        {"https://%65xample.org/", "https://example.org/"},
        {"https://8.8.8.8/", "https://8.8.8.8/"},
        {"https://134744072/", "https://8.8.8.8/"},
        {"https://0x08.8.2056/", "https://8.8.8.8/"},
        {"https://[2001:4860:4860:0::8888]/", "https://[2001:4860:4860::8888]/"},
        {"https://[::ffff:8.8.8.8]/", "https://[::ffff:8.8.8.8]/"},
        {"https://hooks_1.example.org/a/%2F/b?c=%20", "https://hooks_1.example.org/a/%2F/b?c=%20"},
        {"https://example.org/smörgås", "https://example.org/sm%c3%b6rg%c3%a5s"},
    };
    check(rows, ARRAY_LEN(rows), &STRICT);
}

static void test_http_url_normalize__refuses_with_words(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", NULL},
        {"example.org", NULL},
        {"//example.org/", NULL},
        {"https:example.org", NULL},
        {"https:/example.org", NULL},
        {"https:///example.org", NULL},
        {"https://", NULL},
        {"https://:443/", NULL},
        {"https://?x", NULL},
        {"http://example.org/", NULL},
        {"ftp://example.org/", NULL},
        {"file:///etc/passwd", NULL},
        {"gopher://example.org/", NULL},
        {"javascript:alert(1)", NULL},
        {"unix:///run/x.sock", NULL},
        {"https://user:pass@example.org/", NULL},
        {"https://user@example.org/", NULL},
        {"https://@example.org/", NULL},
        {"https://example.org/#x", NULL},
        {"https://example.org:0/", NULL},
        {"https://example.org:65536/", NULL},
        {"https://example.org:99999999999/", NULL},
        {"https://example.org:x/", NULL},
        {"https://example.org:-1/", NULL},
        {"https://exa mple.org/", NULL},
        {"https://example.org/a b", NULL},
        {"https://example.org\\@evil.example/", NULL},
        {"https://example.org/\r\nX: y", NULL},
        {"https://example.org\t/", NULL},
        {"https://example..org/", NULL},
        {"https://.example.org/", NULL},
        {"https://example.org../", NULL},
        {"https://-example.org/", NULL},
        {"https://exam*ple.org/", NULL},
        {"https://exam%00ple.org/", NULL},
        {"https://exam%0aple.org/", NULL},
        {"https://example%2Forg/", NULL},
        {"https://a%40b/", NULL},
        {"https://1.2.3.4.5/", NULL},
        {"https://256.256.256.256/", NULL},
        {"https://4294967296/", NULL},
        {"https://1.2.3.09/", NULL},
        {"https://example.123/", NULL},
        {"https://example.0x1f/", NULL},
        {"https://[::1/", NULL},
        {"https://[fe80::1%25eth0]/", NULL},
        {"https://[2a00::1%25lo]/", NULL},
        {"https://[v1.x]/", NULL},
        {"https://[8.8.8.8]/", NULL},
        {"https://[]/", NULL},
        {"https://localhost/", NULL},
        {"https://LOCALHOST./", NULL},
        {"https://a.localhost/", NULL},
        {"https://ｌocalhost/", NULL},
    };
    check(rows, ARRAY_LEN(rows), &STRICT);
}

static void test_http_url_normalize__may_be_opened(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"http://localhost:8080/x", "http://localhost:8080/x"},
        {"http://127.1/x", "http://127.0.0.1/x"},
        {"https://[::1]:8443/x", "https://[::1]:8443/x"},
        {"http://user@localhost/", NULL},
        {"http://localhost/#x", NULL},
    };
    check(rows, ARRAY_LEN(rows), &OPEN);
}

static void test_http_url_check__bounds_the_length(void **state)
{
    (void)state;
    char url[HTTP_URL_BYTES_MAX + 2];
    struct err err;
    memset(url, 'a', sizeof url);
    memcpy(url, "https://example.org/", 20);
    url[HTTP_URL_BYTES_MAX] = '\0';
    assert_int_equal(http_url_check(url, &STRICT, &err), 0);
    url[HTTP_URL_BYTES_MAX] = 'a';
    url[HTTP_URL_BYTES_MAX + 1] = '\0';
    assert_int_equal(http_url_check(url, &STRICT, &err), ERR_INVALID);
}

/* A hook's URL is its password. */
static void test_http_url_check__keeps_the_url_out_of_its_words(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(http_url_check("http://example.org/geheim", &STRICT, &err), ERR_INVALID);
    assert_null(strstr(err.text, "geheim"));
    assert_int_equal(http_url_check("https://127.0.0.1/geheim", &STRICT, &err), ERR_INVALID);
    assert_null(strstr(err.text, "geheim"));
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_http_url_normalize__gives_the_one_spelling),
    TEST(test_http_url_normalize__refuses_with_words),
    TEST(test_http_url_normalize__may_be_opened),
    TEST(test_http_url_check__bounds_the_length),
    TEST(test_http_url_check__keeps_the_url_out_of_its_words),
};

TEST_MAIN(TESTS)
