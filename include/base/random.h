/* Random bytes from the kernel (getrandom); a failure ends the process, as no token may be guessable. */
#ifndef GB_BASE_RANDOM_H
#define GB_BASE_RANDOM_H

#include <stddef.h>

void random_bytes(void *out, size_t n);

#endif
