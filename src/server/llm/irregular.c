#include "server/llm/irregular.h"

#include "server/llm/word_list.h"

#include <stdlib.h>

struct irregular {
    const char *form, *base;
};

/* clang-format off */
static const struct irregular irregulars[] = { /* keep sorted */
    {"apr", "april"}, {"arisen", "arise"}, {"arose", "arise"}, {"ate", "eat"}, {"aug", "august"}, {"became", "become"},
    {"began", "begin"}, {"begun", "begin"}, {"bent", "bend"}, {"bit", "bite"}, {"bitten", "bite"},
    {"blew", "blow"}, {"blown", "blow"}, {"bought", "buy"}, {"bound", "bind"}, {"broke", "break"},
    {"broken", "break"}, {"brought", "bring"}, {"built", "build"}, {"burnt", "burn"},
    {"came", "come"}, {"caught", "catch"}, {"children", "child"}, {"chose", "choose"},
    {"chosen", "choose"}, {"cried", "cry"}, {"criteria", "criterion"}, {"dealt", "deal"}, {"dec", "december"},
    {"drank", "drink"}, {"drawn", "draw"}, {"drew", "draw"}, {"driven", "drive"},
    {"drove", "drive"}, {"drunk", "drink"}, {"dug", "dig"}, {"eaten", "eat"}, {"fallen", "fall"},
    {"feb", "february"}, {"fed", "feed"}, {"feet", "foot"}, {"fell", "fall"}, {"felt", "feel"}, {"fled", "flee"},
    {"flew", "fly"}, {"flown", "fly"}, {"forbade", "forbid"}, {"forbidden", "forbid"},
    {"forgave", "forgive"}, {"forgiven", "forgive"}, {"forgot", "forget"},
    {"forgotten", "forget"}, {"fought", "fight"}, {"found", "find"}, {"froze", "freeze"},
    {"frozen", "freeze"}, {"gave", "give"}, {"given", "give"}, {"gone", "go"}, {"got", "get"},
    {"gotten", "get"}, {"grew", "grow"}, {"grown", "grow"}, {"heard", "hear"}, {"held", "hold"},
    {"hid", "hide"}, {"hidden", "hide"}, {"hung", "hang"}, {"indices", "index"}, {"jan", "january"}, {"jul", "july"}, {"jun", "june"}, {"kept", "keep"},
    {"knew", "know"}, {"known", "know"}, {"laid", "lay"}, {"lain", "lie"}, {"learnt", "learn"},
    {"led", "lead"}, {"lent", "lend"}, {"lit", "light"}, {"loss", "lose"}, {"losses", "lose"},
    {"lost", "lose"}, {"made", "make"}, {"meant", "mean"}, {"men", "man"}, {"met", "meet"},
    {"mice", "mouse"}, {"nov", "november"}, {"oct", "october"}, {"overridden", "override"}, {"overrode", "override"},
    {"overwritten", "overwrite"}, {"overwrote", "overwrite"}, {"paid", "pay"},
    {"people", "person"}, {"ran", "run"}, {"rang", "ring"}, {"rewritten", "rewrite"},
    {"ridden", "ride"}, {"risen", "rise"}, {"rode", "ride"}, {"rose", "rise"}, {"rung", "ring"},
    {"said", "say"}, {"sang", "sing"}, {"sank", "sink"}, {"sat", "sit"}, {"saw", "see"},
    {"seen", "see"}, {"sent", "send"}, {"sep", "september"}, {"sept", "september"}, {"shaken", "shake"}, {"shone", "shine"},
    {"shook", "shake"}, {"shot", "shoot"}, {"shown", "show"}, {"slept", "sleep"},
    {"slid", "slide"}, {"sold", "sell"}, {"sought", "seek"}, {"spent", "spend"},
    {"spoke", "speak"}, {"spoken", "speak"}, {"spun", "spin"}, {"stole", "steal"},
    {"stolen", "steal"}, {"stood", "stand"}, {"struck", "strike"}, {"stuck", "stick"},
    {"sung", "sing"}, {"sunk", "sink"}, {"swept", "sweep"}, {"swore", "swear"},
    {"sworn", "swear"}, {"taken", "take"}, {"taught", "teach"}, {"teeth", "tooth"},
    {"thought", "think"}, {"threw", "throw"}, {"thrown", "throw"}, {"told", "tell"},
    {"took", "take"}, {"tore", "tear"}, {"torn", "tear"}, {"undergone", "undergo"},
    {"understood", "understand"}, {"underwent", "undergo"}, {"undone", "undo"},
    {"upheld", "uphold"}, {"went", "go"}, {"withdrawn", "withdraw"}, {"withdrew", "withdraw"},
    {"withheld", "withhold"}, {"woke", "wake"}, {"woken", "wake"}, {"women", "woman"},
    {"won", "win"}, {"wore", "wear"}, {"worn", "wear"}, {"wound", "wind"}, {"woven", "weave"},
    {"written", "write"}, {"wrote", "write"},
};

/* clang-format on */

static int compare(const void *form, const void *entry)
{
    return word_list_compare(form, ((const struct irregular *)entry)->form);
}

const char *irregular_base(const char *form)
{
    const struct irregular *found =
        bsearch(form, irregulars, COUNT_OF(irregulars), sizeof(*irregulars), compare);

    return found ? found->base : NULL;
}
