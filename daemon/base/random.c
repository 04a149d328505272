/* Random bytes; the contract is in base/random.h. */
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *out, size_t n)
{
    char *to = out;
    while (n > 0) {
        ssize_t got = getrandom(to, n, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            fputs("<2>random: the kernel gives no random bytes\n", stderr);
            abort();
        }
        to += got;
        n -= (size_t)got;
    }
}
