// How often a thread has asked for heap memory; for tests alone.
//
// An executable that links this counts what Swift's runtime and C take from the heap: with glibc,
// malloc and its like are replaced by functions that count and then do what glibc's own do.
#pragma once

// The number of allocations by the calling thread so far; -1 where they are not counted.
long seq_heap_allocation_count(void);
