// Runs the int8 products of every set of instructions, those of AVX-512 by SIMDe's emulation, and
// compares their bits. Compiled and run by emulate_avx512.sh.
#include <simde/x86/avx2.h>
#include <simde/x86/avx512/add.h>
#include <simde/x86/avx512/dpbusd.h>
#include <simde/x86/avx512/loadu.h>
#include <simde/x86/avx512/madd.h>
#include <simde/x86/avx512/maddubs.h>
#include <simde/x86/avx512/set1.h>
#include <simde/x86/avx512/setzero.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The compiler's own functions of these names stay away, and nothing is compiled for a processor that
// may not be there.
#define __IMMINTRIN_H
#define __m256i simde__m256i
#define __m512i simde__m512i
#define _mm256_add_epi32 simde_mm256_add_epi32
#define _mm256_loadu_si256 simde_mm256_loadu_si256
#define _mm256_madd_epi16 simde_mm256_madd_epi16
#define _mm256_maddubs_epi16 simde_mm256_maddubs_epi16
#define _mm256_set1_epi16 simde_mm256_set1_epi16
#define _mm256_set1_epi32 simde_mm256_set1_epi32
#define _mm256_setzero_si256 simde_mm256_setzero_si256
#define _mm512_add_epi32 simde_mm512_add_epi32
#define _mm512_dpbusd_epi32 simde_mm512_dpbusd_epi32
#define _mm512_loadu_si512 simde_mm512_loadu_si512
#define _mm512_madd_epi16 simde_mm512_madd_epi16
#define _mm512_maddubs_epi16 simde_mm512_maddubs_epi16
#define _mm512_set1_epi16 simde_mm512_set1_epi16
#define _mm512_set1_epi32 simde_mm512_set1_epi32
#define _mm512_setzero_si512 simde_mm512_setzero_si512
#define target(name)
// What is emulated is no register.
#define __asm__(...)
#define __builtin_cpu_supports(name) is_emulated(name)

// The sets of instructions by their age; each processor has those before its own.
static const char *const ages[][4] = {
    {NULL}, {"avx2", NULL}, {"avx512bw", "avx512vl", NULL}, {"avx512vnni", NULL}};
static int age;

static bool is_emulated(const char *name) {
  for (int i = 0; i <= age; i++) {
    for (int j = 0; ages[i][j]; j++) {
      if (!strcmp(ages[i][j], name)) return true;
    }
  }
  return false;
}

#include "../Sources/CSeqKernels/panels_int8.c"

static void *room(int64_t bytes) {
  void *memory = aligned_alloc(64, (size_t)((bytes + 64) / 64 * 64));
  if (!memory) abort();
  // What is not written must not matter.
  memset(memory, 0x5a, (size_t)bytes);
  return memory;
}

// Whether a processor of some age computes one product, [rows, columns], with the bits that the plain form
// makes of the same rounded rows.
static bool agrees(
    int own_age, const int8_t *weight, const float *x, int64_t rows, int64_t inner, int64_t columns,
    bool relu) {
  int64_t padded = panel_count(columns) * panel_width;
  int8_t *panels = room(padded * seq_panels_int8_column_size(inner));
  seq_panels_int8_pack(weight, inner, columns, panels);
  float *scales = room(padded * (int64_t)sizeof(float));
  for (int64_t c = 0; c < padded; c++) scales[c] = 0.01f + 0.001f * (float)(c % 7);
  void *rounded = room(rows * seq_panels_int8_row_size(inner));
  age = own_age;
  seq_panels_int8_round(x, rows, inner, rounded);
  int64_t bytes = rows * columns * (int64_t)sizeof(float);
  float *y[2] = {room(bytes), room(bytes)};
  for (int i = 0; i < 2; i++) {
    age = i == 0 ? own_age : 0;
    seq_panels_int8_linear(
        rounded, panels, scales, relu ? scales : NULL, relu, y[i], columns, rows, inner, columns);
  }
  bool agree = !memcmp(y[0], y[1], (size_t)bytes);
  free(panels);
  free(scales);
  free(rounded);
  free(y[0]);
  free(y[1]);
  return agree;
}

int main(void) {
  static const int64_t sizes[][2] = {
      {1, 1}, {2, 16}, {3, 5}, {4, 17}, {15, 33}, {16, 16}, {17, 31}, {64, 64}, {130, 48}, {2048, 40}};
  static const int64_t row_counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 13, 20};
  int count = 0, faults = 0;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    int64_t inner = sizes[s][0], columns = sizes[s][1];
    for (size_t r = 0; r < sizeof row_counts / sizeof *row_counts; r++) {
      int64_t rows = row_counts[r];
      int8_t *weight = room(inner * columns);
      float *x = room(rows * inner * (int64_t)sizeof(float));
      // The extremes too: the largest byte times −127 everywhere in one size.
      for (int64_t i = 0; i < inner * columns; i++) {
        weight[i] = s == 5 ? -127 : (int8_t)(rand() % 255 - 127);
      }
      for (int64_t i = 0; i < rows * inner; i++) {
        x[i] = s == 5 ? 1 : (float)(rand() % 2001 - 1000) / 1000;
      }
      for (int a = 1; a < 4; a++) {
        count++;
        if (!agrees(a, weight, x, rows, inner, columns, r % 2)) {
          printf(
              "%s: %d rows, %d by %d: bits differ from the plain form's\n", ages[a][0], (int)rows,
              (int)inner, (int)columns);
          faults++;
        }
      }
      free(weight);
      free(x);
    }
  }
  printf("int8 products: %d of %d have the bits of the plain form\n", count - faults, count);
  return faults ? 1 : 0;
}
