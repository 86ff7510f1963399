#include "test.h"

#include "common/cleanup.h"
#include "server/http/rate_limit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>

#define MS ((int64_t)1000000)
#define S  (1000 * MS)

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&storage;

    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
        v4->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
        v6->sin6_family = AF_INET6;
    else
        fail_msg("no address: %s", text);
    return storage;
}

static uint64_t client(const struct rate_limit *limit, const char *text)
{
    struct sockaddr_storage address = address_of(text);

    return rate_limit_client(limit, (const struct sockaddr *)(const void *)&address);
}

/* How many of n requests at one moment get through. */
static int allowed(struct rate_limit *limit, uint64_t who, int n, int64_t now_ns)
{
    int n_allowed = 0;

    for (int i = 0; i < n; i++)
        n_allowed += rate_limit_take(limit, who, now_ns) == 0;
    return n_allowed;
}

static void a_burst_gets_through_and_no_more(void **state)
{
    struct rate_limit *limit = rate_limit_new(10, 5, 1);

    (void)state;
    assert_int_equal(allowed(limit, client(limit, "192.0.2.1"), 20, 100 * S), 5);
    rate_limit_free(limit);
}

static void tokens_come_back_at_the_rate(void **state)
{
    struct rate_limit *limit = rate_limit_new(10, 5, 1);
    uint64_t who = client(limit, "192.0.2.1");

    (void)state;
    (void)allowed(limit, who, 20, 100 * S);
    assert_int_equal(allowed(limit, who, 20, 100 * S + 99 * MS), 0);
    assert_int_equal(allowed(limit, who, 20, 100 * S + 100 * MS), 1);
    assert_int_equal(allowed(limit, who, 20, 100 * S + 400 * MS), 3);
    assert_int_equal(allowed(limit, who, 20, 200 * S), 5); /* never more than a bucket */
    rate_limit_free(limit);
}

static void the_refused_is_told_how_long_to_wait(void **state)
{
    struct rate_limit *limit = rate_limit_new(0.5, 2, 1);
    uint64_t who = client(limit, "192.0.2.1");

    (void)state;
    (void)allowed(limit, who, 2, 100 * S);
    assert_int_equal(rate_limit_take(limit, who, 100 * S), 2000);
    assert_int_equal(rate_limit_take(limit, who, 101 * S + 999 * MS), 1);
    assert_int_equal(rate_limit_take(limit, who, 102 * S), 0);
    rate_limit_free(limit);
}

static void clients_do_not_share_a_bucket(void **state)
{
    struct rate_limit *limit = rate_limit_new(10, 5, 7);

    (void)state;
    (void)allowed(limit, client(limit, "192.0.2.1"), 20, 100 * S);
    assert_int_equal(allowed(limit, client(limit, "192.0.2.2"), 20, 100 * S), 5);
    assert_int_equal(allowed(limit, client(limit, "2001:db8:0:1::1"), 20, 100 * S), 5);
    rate_limit_free(limit);
}

static void an_ipv6_network_is_one_client_and_a_mapped_address_is_ipv4(void **state)
{
    struct rate_limit *limit = rate_limit_new(10, 5, 7);

    (void)state;
    CHECK(client(limit, "2001:db8:0:1::1") == client(limit, "2001:db8:0:1:ffff::2"));
    CHECK(client(limit, "2001:db8:0:1::1") != client(limit, "2001:db8:0:2::1"));
    CHECK(client(limit, "::ffff:192.0.2.1") == client(limit, "192.0.2.1"));
    rate_limit_free(limit);
}

/* A flood from a whole network of addresses may push one out of the table, but hardly lets it ask faster. */
static void a_crowd_does_not_lift_the_limit_of_one(void **state)
{
    struct rate_limit *limit = rate_limit_new(1, 50, 7);
    uint64_t who = client(limit, "192.0.2.1");
    int n_allowed = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        char text[32];

        (void)snprintf(text, sizeof(text), "10.1.%d.%d", i / 250, i % 250 + 1);
        (void)rate_limit_take(limit, client(limit, text), 100 * S);
        n_allowed += rate_limit_take(limit, who, 100 * S) == 0;
    }
    assert_int_equal(n_allowed, 50);
    rate_limit_free(limit);
}

static struct rate_limit *shared;
static _Atomic int n_shared;

static void *take_many(void *arg)
{
    uint64_t who = client(shared, "192.0.2.1");

    (void)arg;
    for (int i = 0; i < 5000; i++)
        n_shared += rate_limit_take(shared, who, 100 * S) == 0;
    return NULL;
}

static void threads_do_not_lose_or_double_a_token(void **state)
{
    pthread_t threads[4];

    (void)state;
    shared = rate_limit_new(1, 7000, 7);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(n_shared, 7000);
    rate_limit_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_burst_gets_through_and_no_more),
        TEST(tokens_come_back_at_the_rate),
        TEST(the_refused_is_told_how_long_to_wait),
        TEST(clients_do_not_share_a_bucket),
        TEST(an_ipv6_network_is_one_client_and_a_mapped_address_is_ipv4),
        TEST(a_crowd_does_not_lift_the_limit_of_one),
        TEST(threads_do_not_lose_or_double_a_token),
    };

    return cmocka_run_group_tests_name("rate-limit", tests, NULL, NULL);
}
