/* The expected end of a running letter; the contract is in http/expected_end.h. */
#include "http/expected_end.h"

#include <assert.h>

int64_t expected_end_s(const struct expected_work *work, int n, int which, double per_second)
{
    int64_t before = 0;
    assert(which >= 0 && which < n && per_second > 0);
    for (int i = 0; i < n; i++)
        if (work[i].lane == work[which].lane)
            before += work[i].rows < work[which].rows ? work[i].rows : work[which].rows;
    return (int64_t)((double)before / per_second + 0.999);
}
