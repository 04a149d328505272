/*
 * Which delimiter? The true one stands equally often in most rows; the others stand in some cells only. So each
 * candidate gets, for its most rewarding count per row, that count times the number of rows with it.
 */
#include "core/csv_reader.h"

#include <string.h>

enum { ROWS_MAX = 60, CANDIDATES = 4, LOOK_BYTES = 65536 };

static const char candidates[CANDIDATES + 1] = ";\t,|"; /* in order of preference when equal */

static long best_score(const int *counts, int rows)
{
    long best = 0;
    for (int i = 0; i < rows; i++) {
        long same = 0;
        for (int j = 0; j < rows; j++)
            same += counts[j] == counts[i];
        if (same * counts[i] > best)
            best = same * counts[i];
    }
    return best;
}

char csv_sniff(const char *text, size_t n)
{
    int counts[CANDIDATES][ROWS_MAX + 1];
    int rows = 0;
    bool is_quoted = false;
    memset(counts, 0, sizeof counts);
    for (size_t i = 0; i < n && i < LOOK_BYTES && rows < ROWS_MAX; i++) {
        if (text[i] == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && (text[i] == '\n' || text[i] == '\r')) {
            rows++;
        } else if (!is_quoted && text[i] != '\0') {
            const char *c = strchr(candidates, text[i]);
            if (c != NULL)
                counts[c - candidates][rows]++;
        }
    }
    int best = 0;
    long score = 0;
    for (int c = 0; c < CANDIDATES; c++) {
        long s = best_score(counts[c], rows + 1);
        if (s > score) {
            score = s;
            best = c;
        }
    }
    return candidates[best];
}
