#include "test.h"

#include "server/store/queue.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct item {
    uint32_t producer;
    uint32_t number;
};

static bool put(struct queue *queue, uint32_t number, size_t reserved)
{
    struct item item = {.number = number};
    uint64_t position;
    size_t used;

    return queue_put(queue, &item, reserved, &position, &used);
}

static void capacity_is_a_power_of_two_of_at_least_64(void **state)
{
    static const size_t asked[][2] = {{0, 64}, {1, 64}, {64, 64}, {65, 128}, {1000, 1024}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        CLEANUP(queue_freep) struct queue *queue = queue_new(asked[i][0], sizeof(struct item));

        assert_int_equal(queue_capacity(queue), asked[i][1]);
    }
}

static void items_come_out_in_order_and_stay_until_released(void **state)
{
    CLEANUP(queue_freep) struct queue *queue = queue_new(64, sizeof(struct item));

    (void)state;
    for (uint32_t i = 0; i < 10; i++)
        CHECK(put(queue, i, 0));
    assert_int_equal(queue_ready(queue, 100), 10);
    assert_int_equal(queue_ready(queue, 3), 3);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(((struct item *)queue_at(queue, i))->number, i);
    queue_release(queue, 4);
    assert_int_equal(queue_head(queue), 4);
    assert_int_equal(((struct item *)queue_at(queue, 0))->number, 4);
    assert_int_equal(queue_length(queue), 6);
}

static void a_full_queue_refuses_until_something_is_released(void **state)
{
    CLEANUP(queue_freep) struct queue *queue = queue_new(64, sizeof(struct item));

    (void)state;
    for (uint32_t i = 0; i < 64; i++)
        CHECK(put(queue, i, 0));
    CHECK(!put(queue, 64, 0));
    assert_int_equal(queue_ready(queue, 1000), 64);
    queue_release(queue, 1);
    CHECK(put(queue, 64, 0));
    CHECK(!put(queue, 65, 0));
    assert_int_equal(((struct item *)queue_at(queue, 63))->number, 64);
}

static void reserved_places_are_for_those_who_reserve_fewer(void **state)
{
    CLEANUP(queue_freep) struct queue *queue = queue_new(64, sizeof(struct item));
    uint32_t taken = 0;

    (void)state;
    while (put(queue, taken, 4))
        taken++;
    assert_int_equal(taken, 60);
    CHECK(put(queue, 0, 2));
    CHECK(put(queue, 0, 2));
    CHECK(!put(queue, 0, 2));
    CHECK(put(queue, 0, 0));
    CHECK(put(queue, 0, 0));
    CHECK(!put(queue, 0, 0));
}

static void positions_and_length_are_told(void **state)
{
    CLEANUP(queue_freep) struct queue *queue = queue_new(64, sizeof(struct item));
    struct item item = {0};
    uint64_t position = 0;
    size_t used = 0;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        CHECK(queue_put(queue, &item, 0, &position, &used));
        CHECK(position == i);
        assert_int_equal(used, 1);
        queue_release(queue, 1);
    }
}

#define PRODUCERS    3
#define PER_PRODUCER 60000

struct producer {
    struct queue *queue;
    uint32_t id;
    _Atomic uint64_t refused;
};

static void *produce(void *arg)
{
    struct producer *self = arg;

    for (uint32_t i = 0; i < PER_PRODUCER;) {
        struct item item = {self->id, i};
        uint64_t position;
        size_t used;

        if (queue_put(self->queue, &item, 0, &position, &used)) {
            i++;
        } else {
            self->refused++;
            (void)sched_yield();
        }
    }
    return NULL;
}

static void several_producers_lose_nothing_and_keep_their_own_order(void **state)
{
    CLEANUP(queue_freep) struct queue *queue = queue_new(256, sizeof(struct item));
    struct producer producers[PRODUCERS] = {0};
    pthread_t threads[PRODUCERS];
    uint32_t next[PRODUCERS] = {0};
    uint64_t n_taken = 0;

    (void)state;
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producers[i].queue = queue;
        producers[i].id = i;
        CHECK(pthread_create(&threads[i], NULL, produce, &producers[i]) == 0);
    }
    while (n_taken < (uint64_t)PRODUCERS * PER_PRODUCER) {
        size_t n = queue_ready(queue, 100);

        for (size_t i = 0; i < n; i++) {
            const struct item *item = queue_at(queue, i);

            CHECK(item->producer < PRODUCERS);
            assert_int_equal(item->number, next[item->producer]);
            next[item->producer]++;
        }
        queue_release(queue, n);
        n_taken += n;
        if (n == 0)
            (void)sched_yield();
    }
    for (uint32_t i = 0; i < PRODUCERS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    assert_int_equal(queue_length(queue), 0);
    assert_int_equal(queue_ready(queue, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(capacity_is_a_power_of_two_of_at_least_64),
        TEST(items_come_out_in_order_and_stay_until_released),
        TEST(a_full_queue_refuses_until_something_is_released),
        TEST(reserved_places_are_for_those_who_reserve_fewer),
        TEST(positions_and_length_are_told),
        TEST(several_producers_lose_nothing_and_keep_their_own_order),
    };

    return cmocka_run_group_tests_name("store-queue", tests, NULL, NULL);
}
