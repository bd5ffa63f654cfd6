// Keeps oneDNN to the calling thread.
#pragma once

// OpenMP's setting is per thread; declared here because its header comes with a compiler, not with
// the library.
void omp_set_num_threads(int count);

// Called before every product: a store to thread-local memory, and it holds on threads that others
// made.
static inline void seq_onednn_use_calling_thread(void) { omp_set_num_threads(1); }
