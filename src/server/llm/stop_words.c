#include "server/llm/stop_words.h"

#include "server/llm/word_list.h"

#include <stdlib.h>

/* clang-format off */
static const char *const stop_words[] = { /* keep sorted by bytes */
    "a", "about", "above", "across", "actually", "after", "afterwards", "again", "against", "all",
    "almost", "along", "already", "also", "although", "always", "am", "among", "an", "and",
    "another", "any", "anybody", "anyone", "anything", "are", "aren't", "around", "as", "at",
    "away", "be", "became", "because", "become", "becomes", "been", "before", "beforehand",
    "behind", "being", "below", "beside", "besides", "between", "beyond", "both", "but", "by",
    "can", "can't", "cannot", "cant", "could", "couldn't", "did", "didn't", "didnt", "do", "does",
    "doesn't", "doesnt", "doing", "don't", "done", "dont", "dr", "during", "each", "eg", "either",
    "else", "etc", "even", "ever", "every", "everybody", "everyone", "everything",
    "for", "from", "further", "had", "hadn't", "has", "hasn't", "have", "haven't",
    "having", "he", "he'd", "he'll", "hence", "her", "here", "hers", "herself", "him", "himself",
    "his", "how", "however", "i", "i'd", "i'll", "i'm", "i've", "ie", "if", "im", "in", "indeed",
    "instead", "into", "is", "isn't", "isnt", "it", "it'd", "it'll", "its", "itself", "ive", "just",
    "kindly", "least", "less", "let", "lets", "like", "likewise", "made", "make", "makes", "many",
    "may", "maybe", "me", "meanwhile", "might", "mine", "more", "moreover", "most", "mr", "mrs", "ms", "much", "must",
    "mustn't", "my", "myself", "namely", "needn't", "neither", "never", "nevertheless", "no",
    "nobody", "none", "nor", "not", "nothing", "now", "nowhere", "of", "off", "often", "oh", "ok",
    "okay", "on", "once", "one", "ones", "only", "onto", "or", "other", "others", "otherwise",
    "ought", "our", "ours", "ourselves", "out", "over", "per", "perhaps", "please", "quite",
    "rather", "really", "same", "shall", "shan't", "she", "she'd", "she'll", "should", "shouldn't",
    "since", "so", "some", "somebody", "someone", "something", "somewhere", "soon", "still", "such",
    "than", "thank", "thanks", "that", "that'll", "the", "their", "theirs", "them", "themselves",
    "then", "there", "there'll", "thereby", "therefore", "these", "they", "they'd", "they'll",
    "they're", "they've", "this", "those", "though", "through", "throughout", "thus", "to",
    "together", "too", "toward", "towards", "under", "unless", "until", "up", "upon", "us", "very",
    "via", "was", "wasn't", "we", "we'd", "we'll", "we're", "we've", "well", "were", "weren't",
    "what", "whatever", "when", "whenever", "where", "whereas", "whether", "which", "while", "who",
    "whoever", "whom", "whose", "why", "will", "with", "within", "without", "won't", "wont",
    "would", "wouldn't", "yes", "yet", "you", "you'd", "you'll", "you're", "you've", "your",
    "yours", "yourself", "yourselves",
};

/* clang-format on */

static int compare(const void *form, const void *entry)
{
    return word_list_compare(form, *(const char *const *)entry);
}

bool stop_words_has(const char *form)
{
    return bsearch(form, stop_words, COUNT_OF(stop_words), sizeof(*stop_words), compare) != NULL;
}
