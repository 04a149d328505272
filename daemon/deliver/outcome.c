/* The words of an outcome; the contract is in deliver/outcome.h. */
#include "deliver/outcome.h"

#include <stdlib.h>

const char *outcome_word(enum outcome_kind kind)
{
    switch (kind) {
#define OUTCOME_WORD(id, word, text) \
    case OUTCOME_##id:               \
        return word;
        OUTCOME_MAP(OUTCOME_WORD)
#undef OUTCOME_WORD
    }
    abort(); /* a kind outside the table */
}
