#ifndef TW_TEST_H
#define TW_TEST_H

/* cmocka with the includes it wants, and the few words our tests add. A test's name is a sentence. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHECK(condition) assert_true(condition)

/* |a - b| <= tolerance, and says both when not. */
#define CHECK_NEAR(a, b, tolerance)                                                                \
    do {                                                                                           \
        double near_a_ = (a), near_b_ = (b);                                                       \
        if (!(near_a_ - near_b_ <= (tolerance) && near_b_ - near_a_ <= (tolerance)))               \
            fail_msg("%s = %.17g is not within %g of %.17g", #a, near_a_, (double)(tolerance),     \
                     near_b_);                                                                     \
    } while (0)

#define TEST(name) cmocka_unit_test(name)

#endif
