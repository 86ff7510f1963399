#include "test.h"

#include "common/alloc.h"
#include "common/buffer.h"
#include "common/hash.h"
#include "same_bits.h"
#include "server/ml/csv.h"
#include "server/ml/tickets.h"
#include "server/ml/train.h"

#define HEADER "ticket_length,urgency_keywords,business_impact,customer_tier,severity\n"

/* ---- CSV ----------------------------------------------------------------------------------------- */

/* The fields of all records, each in brackets, records ended by '/'. */
static const char *read_csv(const char *text, size_t len)
{
    static char out[512];
    struct csv_field fields[CSV_FIELDS_MAX];
    struct csv_reader reader;
    struct tw_error err;
    size_t n, used = 0;
    int got;

    csv_init(&reader, text, len);
    out[0] = '\0';
    while ((got = csv_next(&reader, fields, &n, &err)) > 0) {
        for (size_t i = 0; i < n; i++) {
            char field[64];

            CHECK(csv_copy(&fields[i], field, sizeof(field)));
            used += (size_t)snprintf(out + used, sizeof(out) - used, "[%s]", field);
        }
        used += (size_t)snprintf(out + used, sizeof(out) - used, "/");
    }
    if (got < 0)
        (void)snprintf(out, sizeof(out), "%s", err.message);
    return out;
}

static void csv_records_are_read_as_rfc_4180_has_them(void **state)
{
    static const struct {
        const char *text, *records;
    } cases[] = {
        {"", ""},
        {"\n\r\n\n", ""},
        {"a,b\n1,2\n", "[a][b]/[1][2]/"},
        {"a,b\r\n1,2", "[a][b]/[1][2]/"},
        {"\xef\xbb\xbf"
         "a\n",
         "[a]/"},
        {"a,\n,b\n,\n", "[a][]/[][b]/[][]/"},
        {" a ,\tb\n", "[a][b]/"},
        {"\"a,b\",\"c\"\"d\"\n", "[a,b][c\"d]/"},
        {"\"two\nlines\",x\r\n", "[two\nlines][x]/"},
        {"\"\",\"\"\n", "[][]/"},
        {"a\rb\n", "[a\rb]/"},
        {"x\n\n\ny\n", "[x]/[y]/"},
        {"a\n\"open", "line 2 has a quote that is not closed"},
        {"\"a\nb\nc\"d\n", "line 1 has text after a closing quote"},
        {"\"a\n\n\"\nx,\"", "line 4 has a quote that is not closed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(read_csv(cases[i].text, strlen(cases[i].text)), cases[i].records);
    assert_string_equal(read_csv("a\n\0b", 4), "line 2 holds a NUL byte");
}

static void csv_records_are_bounded(void **state)
{
    CLEANUP(freep) char *text = xcalloc(1, CSV_RECORD_MAX + 16);

    (void)state;
    memset(text, ',', CSV_FIELDS_MAX - 1);
    CHECK(strstr(read_csv(text, CSV_FIELDS_MAX - 1), "[]/"));
    memset(text, ',', CSV_FIELDS_MAX);
    assert_string_equal(read_csv(text, CSV_FIELDS_MAX), "line 1 has over 64 fields");
    memset(text, 'x', CSV_RECORD_MAX + 8);
    assert_string_equal(read_csv(text, CSV_RECORD_MAX + 8), "line 1 is longer than 65536 bytes");
}

static void a_field_that_does_not_fit_is_not_copied(void **state)
{
    char out[4];

    (void)state;
    CHECK(csv_copy(&(struct csv_field){"abc", 3}, out, sizeof(out)));
    CHECK(!csv_copy(&(struct csv_field){"abcd", 4}, out, sizeof(out)));
    csv_show(&(struct csv_field){"a\x1b\xc3\xa9", 4}, out, sizeof(out));
    assert_string_equal(out, "a??");
}

/* ---- The data set -------------------------------------------------------------------------------- */

static const struct buffer *good_csv(void)
{
    static struct buffer csv;

    if (!csv.data) {
        buffer_init(&csv, 1 << 20);
        tickets_write_csv(1, 1200, &csv);
    }
    return &csv;
}

static int parse(const char *text, size_t len, struct dataset **ret_dataset, struct tw_error *err)
{
    return dataset_parse(text, len, ticket_classes, TICKET_CLASSES, ret_dataset, err);
}

static void check_refused(const char *text, size_t len, const char *why)
{
    struct dataset *dataset = NULL;
    struct tw_error err = {0};

    if (parse(text, len, &dataset, &err) == 0)
        fail_msg("accepted where '%s' was expected", why);
    CHECK(err.code == TW_INVALID);
    assert_string_equal(err.message, why);
}

static void rows_come_out_as_they_went_in(void **state)
{
    CLEANUP(dataset_freep) struct dataset *dataset = NULL;
    const struct buffer *csv = good_csv();
    struct random_state rng;
    char hex[HASH_HEX_SIZE];

    (void)state;
    CHECK(parse(csv->data, csv->len, &dataset, NULL) == 0);
    CHECK(dataset->n_rows == 1200);
    random_seed(&rng, 1);
    for (size_t i = 0; i < dataset->n_rows; i++) {
        struct ticket ticket;

        ticket_draw(&rng, 0, 0, &ticket);
        CHECK(same_bits(dataset->x[i], ticket.x, sizeof(ticket.x)));
        CHECK(dataset->label[i] == ticket.label);
    }
    hash_sha256_hex(csv->data, csv->len, hex);
    assert_string_equal(dataset->sha256, hex);
}

/* The same rows with columns turned round, one more column, quotes and CRLF. */
static void columns_are_found_by_name(void **state)
{
    CLEANUP(dataset_freep) struct dataset *plain = NULL;
    CLEANUP(dataset_freep) struct dataset *turned = NULL;
    const struct buffer *csv = good_csv();
    struct buffer text;

    (void)state;
    CHECK(parse(csv->data, csv->len, &plain, NULL) == 0);
    buffer_init(&text, 1 << 20);
    CHECK(buffer_puts(&text, "\"severity\",note,customer_tier, business_impact ,urgency_keywords,"
                             "ticket_length\r\n"));
    for (size_t i = 0; i < plain->n_rows; i++)
        CHECK(buffer_printf(&text, "\"%s\",\"a \"\"note\"\", long\",%g,%.17g,\"%g\",%.1e\r\n",
                            ticket_classes[plain->label[i]], plain->x[i][3], plain->x[i][2],
                            plain->x[i][1], plain->x[i][0]));
    CHECK(parse(text.data, text.len, &turned, NULL) == 0);
    CHECK(turned->n_rows == plain->n_rows);
    CHECK(same_bits(turned->label, plain->label, plain->n_rows));
    for (size_t i = 0; i < plain->n_rows; i++)
        CHECK(same_bits(&turned->x[i][1], &plain->x[i][1], 3 * sizeof(double)));
    buffer_finish(&text);
}

static void a_bad_header_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "the data set is empty"},
        {"\n\n", "the data set is empty"},
        {"ticket_length,urgency_keywords,customer_tier,severity\n1,1,1,Low\n",
         "line 1 names no column 'business_impact'"},
        {"ticket_length,urgency_keywords,business_impact,customer_tier\n",
         "line 1 names no column 'severity'"},
        {"severity,ticket_length,urgency_keywords,business_impact,customer_tier,severity\n",
         "line 1 names the column 'severity' twice"},
        {"1,2,3,4,Low\n", "line 1 names no column 'ticket_length'"},
        {"\"ticket_length", "line 1 has a quote that is not closed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].why);
}

static void a_bad_row_is_refused_by_its_line(void **state)
{
    static const struct {
        const char *row, *why;
    } cases[] = {
        {"1,1,1,Low\n", "line 3 has 4 fields where line 1 has 5"},
        {"1,1,1,1,Low,\n", "line 3 has 6 fields where line 1 has 5"},
        {"nan,1,1,1,Low\n", "line 3: ticket_length 'nan' is not a finite number"},
        {"1,NaN,1,1,Low\n", "line 3: urgency_keywords 'NaN' is not a finite number"},
        {"1,1,1e400,1,Low\n", "line 3: business_impact '1e400' is not a finite number"},
        {"1,1,-inf,1,Low\n", "line 3: business_impact '-inf' is not a finite number"},
        {"0x10,1,1,1,Low\n", "line 3: ticket_length '0x10' is not a finite number"},
        {"1,,1,1,Low\n", "line 3: urgency_keywords '' is not a finite number"},
        {"1,1,1,1 2,Low\n", "line 3: customer_tier '1 2' is not a finite number"},
        {"1,1,1,\x1b[2J,Low\n", "line 3: customer_tier '?[2J' is not a finite number"},
        {"1001,1,1,1,Low\n", "line 3: ticket_length '1001' is not within 0..1000"},
        {"1,-1,1,1,Low\n", "line 3: urgency_keywords '-1' is not within 0..20"},
        {"1,1,10.01,1,Low\n", "line 3: business_impact '10.01' is not within 0..10"},
        {"1,1,1,0,Low\n", "line 3: customer_tier '0' is not within 1..5"},
        {"1,1,1,1,low\n", "line 3: severity 'low' is none of the 3 classes"},
        {"1,1,1,1,\n", "line 3: severity '' is none of the 3 classes"},
        {"1,1,1,1,\"Low\n", "line 3 has a quote that is not closed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[256];
        int len = snprintf(text, sizeof(text), HEADER "1,1,1,1,Low\n%s", cases[i].row);

        check_refused(text, (size_t)len, cases[i].why);
    }
}

static void too_little_to_learn_from_is_refused(void **state)
{
    static const struct {
        const char *row;
        int n, n_medium, n_high;
        const char *why;
    } cases[] = {
        {"1,1,1,1,Low\n", 0, 0, 0, "0 rows up to line 0: at least 1000 are needed"},
        {"1,1,1,1,Low\n", 999, 0, 0, "999 rows up to line 1000: at least 1000 are needed"},
        {"1,1,1,1,Low\n", 1000, 0, 0, "every row up to line 1001 is of the one class 'Low'"},
        {"1,1,1,1,Low\n", 1000, 10, 0,
         "class 'High' has 0 rows up to line 1011: at least 10 are needed"},
        {"1,1,1,1,Low\n", 1000, 9, 20,
         "class 'Medium' has 9 rows up to line 1030: at least 10 are needed"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer text;

        buffer_init(&text, 1 << 20);
        CHECK(buffer_puts(&text, HEADER));
        for (int row = 0; row < cases[i].n; row++)
            CHECK(buffer_puts(&text, cases[i].row));
        for (int row = 0; row < cases[i].n_medium; row++)
            CHECK(buffer_puts(&text, "1,1,1,1,Medium\n"));
        for (int row = 0; row < cases[i].n_high; row++)
            CHECK(buffer_puts(&text, "1,1,1,1,High\n"));
        check_refused(text.data, text.len, cases[i].why);
        buffer_finish(&text);
    }
}

static void bad_class_names_are_refused(void **state)
{
    static const char *const twice[] = {"Low", "High", "Low"};
    static const char *const empty[] = {"Low", ""};
    static const char *const long_name[] = {"Low", "a name that is over thirty-one bytes"};
    const struct buffer *csv = good_csv();
    struct dataset *dataset = NULL;
    struct tw_error err;

    (void)state;
    CHECK(dataset_parse(csv->data, csv->len, twice, 3, &dataset, &err) < 0);
    assert_string_equal(err.message, "the class 'Low' is named twice");
    CHECK(dataset_parse(csv->data, csv->len, empty, 2, &dataset, &err) < 0);
    CHECK(dataset_parse(csv->data, csv->len, long_name, 2, &dataset, &err) < 0);
    CHECK(dataset_parse(csv->data, csv->len, twice, 1, &dataset, &err) < 0);
    assert_string_equal(err.message, "1 classes: there must be 2 to 10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(csv_records_are_read_as_rfc_4180_has_them),
        TEST(csv_records_are_bounded),
        TEST(a_field_that_does_not_fit_is_not_copied),
        TEST(rows_come_out_as_they_went_in),
        TEST(columns_are_found_by_name),
        TEST(a_bad_header_is_refused),
        TEST(a_bad_row_is_refused_by_its_line),
        TEST(too_little_to_learn_from_is_refused),
        TEST(bad_class_names_are_refused),
    };

    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
