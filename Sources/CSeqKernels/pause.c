// What a thread does while it waits for another without sleeping.
#include "CSeqKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
void seq_pause(void) { _mm_pause(); }
#elif defined(__aarch64__)
void seq_pause(void) { __asm__ volatile("yield"); }
#else
void seq_pause(void) {}
#endif
