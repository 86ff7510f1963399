#include "server/llm/ranking.h"

#include <stdlib.h>

#define FUSION_K 60

/* NULL: not there, and no place left. */
static struct ranked *obtain(struct ranking *ranking, int64_t rowid)
{
    for (size_t i = 0; i < ranking->n; i++)
        if (ranking->items[i].rowid == rowid)
            return &ranking->items[i];
    if (ranking->n == RANKING_MAX)
        return NULL;
    ranking->items[ranking->n] = (struct ranked){.rowid = rowid};
    return &ranking->items[ranking->n++];
}

void ranking_add(struct ranking *ranking, int64_t rowid, double score)
{
    struct ranked *ranked = obtain(ranking, rowid);

    if (ranked)
        ranked->score += score;
}

void ranking_raise(struct ranking *ranking, int64_t rowid, double score)
{
    struct ranked *ranked = obtain(ranking, rowid);

    if (ranked && score > ranked->score)
        ranked->score = score;
}

double ranking_score(const struct ranking *ranking, int64_t rowid)
{
    for (size_t i = 0; i < ranking->n; i++)
        if (ranking->items[i].rowid == rowid)
            return ranking->items[i].score;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;

    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return (left->rowid > right->rowid) - (left->rowid < right->rowid);
}

void ranking_sort(struct ranking *ranking)
{
    qsort(ranking->items, ranking->n, sizeof(ranking->items[0]), compare);
}

void ranking_fuse(struct ranking *ranking, const struct ranking *list, double weight)
{
    for (size_t i = 0; i < list->n; i++)
        ranking_add(ranking, list->items[i].rowid, weight / (double)(FUSION_K + i + 1));
}
