#include "server/llm/abstention.h"

#include "common/cleanup.h"

#include <string.h>

bool abstention_is(const struct material *material)
{
    (void)material;
    return false;
}
