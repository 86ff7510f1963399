/* What a file says about the columns of a table: in overrides by name, and in the transformations that
 * only arrange columns. Others change the rows, and are told. */

#include "common/alloc.h"
#include "tui/board/dashboard_parts.h"
#include "tui/text/server_text.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static struct column_rule *obtain_rule(struct table_options *table, const char *name)
{
    struct column_rule *rule;

    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    if (table->n_columns == DASHBOARD_COLUMNS_MAX)
        return NULL;
    table->columns = xrealloc_array(table->columns, table->n_columns + 1, sizeof(*table->columns));
    rule = &table->columns[table->n_columns++];
    *rule = (struct column_rule){.decimals = -1, .order = INT_MAX};
    (void)server_text_copy(rule->name, sizeof(rule->name), name, strlen(name));
    return rule;
}

/* name NULL: there is none, and no rule. */
static struct column_rule *rule_of(struct panel *panel, const char *name)
{
    struct column_rule *rule = name ? obtain_rule(&panel->table, name) : NULL;

    if (!rule && name)
        dashboard_note(&panel->notes, "what it says about the column '%.30s' is not applied", name);
    return rule;
}

/* ---- Overrides ----------------------------------------------------------------------------------- */

static void apply_property(const struct json *property, struct column_rule *rule)
{
    const char *id = dashboard_text_at(property, "id");
    const struct json *value = json_get(property, "value");

    if (strcmp(id, "unit") == 0)
        dashboard_copy_text(rule->unit, sizeof(rule->unit), value);
    else if (strcmp(id, "displayName") == 0)
        dashboard_copy_text(rule->title, sizeof(rule->title), value);
    else if (strcmp(id, "decimals") == 0)
        rule->decimals = (int)fmin(fmax(json_number(value, -1), -1), 9);
    else if (strcmp(id, "custom.hidden") == 0)
        rule->is_hidden = json_bool(value, true);
}

static void read_overrides(const struct json *overrides, struct panel *panel)
{
    for (const struct json *item = json_first(overrides); item; item = json_next(item)) {
        const struct json *matcher = json_get(item, "matcher");
        const char *name = dashboard_text_at(matcher, "options");
        struct column_rule *rule;

        if (strcmp(dashboard_text_at(matcher, "id"), "byName") != 0 || !name[0])
            continue;
        rule = rule_of(panel, name);
        for (const struct json *property = json_first(json_get(item, "properties"));
             rule && property; property = json_next(property))
            apply_property(property, rule);
    }
}

/* ---- Transformations ----------------------------------------------------------------------------- */

static void read_organize(const struct json *options, struct panel *panel)
{
    const struct json *item;
    struct column_rule *rule;

    for (item = json_first(json_get(options, "excludeByName")); item; item = json_next(item))
        if (json_bool(item, false) && (rule = rule_of(panel, json_key(item))))
            rule->is_hidden = true;
    for (item = json_first(json_get(options, "indexByName")); item; item = json_next(item))
        if ((rule = rule_of(panel, json_key(item))))
            rule->order = (int)fmin(fmax(json_number(item, 0), 0), 1e6);
    for (item = json_first(json_get(options, "renameByName")); item; item = json_next(item))
        if (dashboard_has(item) && (rule = rule_of(panel, json_key(item))))
            dashboard_copy_text(rule->title, sizeof(rule->title), item);
}

/* "Time" joins what is of one moment, which all of it is here. */
static void read_join(const struct json *options, struct panel *panel)
{
    if (strcmp(dashboard_text_at(options, "byField"), "Time") != 0)
        dashboard_copy_text(panel->table.join_by, sizeof(panel->table.join_by),
                            json_get(options, "byField"));
}

/* What is done anyway. */
static void read_merge(const struct json *options, struct panel *panel)
{
    (void)options;
    (void)panel;
}

static void read_transformations(const struct json *list, struct panel *panel)
{
    static const struct {
        const char *id;
        void (*read)(const struct json *options, struct panel *panel);
    } readers[] = {
        {"organize", read_organize},    {"merge", read_merge},          {"joinByField", read_join},
        {"seriesToColumns", read_join}, {"labelsToFields", read_merge},
    };

    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const char *id = dashboard_text_at(item, "id");
        size_t i = 0;

        if (json_bool(json_get(item, "disabled"), false))
            continue;
        while (i < COUNT_OF(readers) && strcmp(readers[i].id, id) != 0)
            i++;
        if (i < COUNT_OF(readers))
            readers[i].read(json_get(item, "options"), panel);
        else
            dashboard_note(&panel->notes, "the transformation '%.30s' is not applied", id);
    }
}

static void read_sort(const struct json *sort_by, struct panel *panel)
{
    const struct json *first = json_first(sort_by);

    dashboard_copy_text(panel->table.sort_by, sizeof(panel->table.sort_by),
                        json_get(first, "displayName"));
    panel->table.is_descending = json_bool(json_get(first, "desc"), false);
}

void dashboard_read_table(const struct json *json, struct panel *panel)
{
    panel->calc = CALC_LAST;
    read_overrides(json_get(json_get(json, "fieldConfig"), "overrides"), panel);
    read_transformations(json_get(json, "transformations"), panel);
    read_sort(json_get(json_get(json, "options"), "sortBy"), panel);
}
