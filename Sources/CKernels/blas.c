// OpenBLAS, found when it is first needed, so that its kernels can be chosen before it starts (it reads OPENBLAS_CORETYPE
// while being loaded) and so that a machine without it gets a message instead of a loader error.
#include "sums.h"
#include "wide_gemm.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*sgemm_function)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                               const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
enum { ROW_MAJOR = 101, AS_IS = 111, TRANSPOSED = 112 };

static pthread_once_t opened = PTHREAD_ONCE_INIT;
static sgemm_function sgemm;  // set last, by __atomic_store_n: when it is set, the library is ready
static const char *core_name = "";
static const char *config = "";
static char failure[512];
static int wide_vectors;  // own kernels, see wide_gemm.h; not where a user asked for the library's

__attribute__((constructor)) static void look_at_processor(void) {
    wide_vectors = gk_prefers_wide_gemm() && !getenv("OPENBLAS_CORETYPE");
}

int gk_uses_own_products(void) { return wide_vectors; }

// The library reads these variables only while it is loaded. They are put back afterwards: a program that this one starts must not take
// them for its user's choice.
static void *load_library(void) {
    static const char *const core = "OPENBLAS_CORETYPE", *const threads = "OPENBLAS_NUM_THREADS";
    const char *preferred = gk_blas_preferred_core(), *users_threads = getenv(threads);
    char *kept_threads = users_threads ? strdup(users_threads) : NULL;
    int chooses_core = preferred && !getenv(core);  // a user's own choice wins
    if (chooses_core) setenv(core, preferred, 1);
    setenv(threads, "1", 1);
    static const char *const names[] = {"libopenblas.so.0", "libopenblas.so"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (chooses_core) unsetenv(core);
    if (kept_threads) setenv(threads, kept_threads, 1);
    else unsetenv(threads);
    free(kept_threads);
    return library;
}

static void open_library(void) {
    void *library = load_library();
    if (!library) {
        const char *reason = dlerror();
        snprintf(failure, sizeof failure, "OpenBLAS was not found: install the package libopenblas-dev (or libopenblas0) (%s)",
                 reason ? reason : "no reason given");
        return;
    }
    sgemm_function found = (sgemm_function)dlsym(library, "cblas_sgemm");
    if (!found) {
        snprintf(failure, sizeof failure,
                 "the OpenBLAS on this machine has no cblas_sgemm: install the package libopenblas-dev (or libopenblas0)");
        return;
    }
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    if (set_threads) set_threads(1);
    char *(*text)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
    if (text) core_name = text();
    text = (char *(*)(void))dlsym(library, "openblas_get_config");
    if (text) config = text();
    __atomic_store_n(&sgemm, found, __ATOMIC_RELEASE);
}

int gk_blas_open(char *error, size_t error_size) {
    pthread_once(&opened, open_library);
    if (sgemm) return 0;
    if (error && error_size) snprintf(error, error_size, "%s", failure);
    return -1;
}

const char *gk_blas_core_name(void) { return core_name; }
const char *gk_blas_config(void) { return config; }

// Products with a vector are limited by memory. The library's general path copies its operands first; these functions do not.

// c[i] = dot(a[i, :], b)
GK_KERNEL static void rows_times_vector(const float *a, const float *b, float *c, size_t m, size_t k, float beta) {
    for (size_t i = 0; i < m; i++) {
        const float *row = a + i * k;
        float sum = gk_sum_of_products(row, b, k);
        c[i] = beta == 0 ? sum : beta * c[i] + sum;
    }
}

// c[j] = sum over i of b[i] a[i, j]
GK_KERNEL static void weighted_column_sums(const float *restrict a, const float *restrict b, float *restrict c, size_t rows,
                                           size_t columns, float beta) {
    if (beta == 0) memset(c, 0, columns * sizeof(float));
    else if (beta != 1) for (size_t j = 0; j < columns; j++) c[j] *= beta;
    size_t i = 0;
    for (; i + 4 <= rows; i += 4) gk_add_four_rows(1, b + i, a + i * columns, c, columns);
    for (; i < rows; i++) {
        const float *row = a + i * columns;
        float w = b[i];
        for (size_t j = 0; j < columns; j++) c[j] += w * row[j];
    }
}

GK_INLINE void outer_rows(const int keep, const float *restrict a, const float *restrict b, float *restrict c, size_t m, size_t n, float beta) {
    for (size_t i = 0; i < m; i++) {
        float *row = c + i * n, x = a[i];
        for (size_t j = 0; j < n; j++) row[j] = keep ? x * b[j] + beta * row[j] : x * b[j];
    }
}

// c[i, j] = a[i] b[j] + beta c[i, j]
GK_KERNEL static void outer_product(const float *restrict a, const float *restrict b, float *restrict c, size_t m, size_t n, float beta) {
    if (beta == 0) outer_rows(0, a, b, c, m, n, beta);
    else outer_rows(1, a, b, c, m, n, beta);
}

void gk_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k,
              const float *a, const float *b, float beta, float *c) {
    if (m == 0 || n == 0) return;
    if (k == 0) {
        if (beta == 0) memset(c, 0, m * n * sizeof(float));
        else gk_scale(c, beta, 0, c, m * n);
        return;
    }
    if (k == 1) return outer_product(a, b, c, m, n, beta);
    if (n == 1) return transpose_a ? weighted_column_sums(a, b, c, k, m, beta) : rows_times_vector(a, b, c, m, k, beta);
    if (m == 1) return transpose_b ? rows_times_vector(b, a, c, n, k, beta) : weighted_column_sums(b, a, c, k, n, beta);
    if (wide_vectors && m >= 4 && n >= 2) return gk_wide_sgemm(transpose_a, transpose_b, m, n, k, a, b, beta, c);
    sgemm_function multiply = __atomic_load_n(&sgemm, __ATOMIC_ACQUIRE);
    if (!multiply) {
        char error[512];
        if (gk_blas_open(error, sizeof error)) {
            fprintf(stderr, "%s\n", error);
            exit(1);
        }
        multiply = sgemm;  // ordered by pthread_once
    }
    multiply(ROW_MAJOR, transpose_a ? TRANSPOSED : AS_IS, transpose_b ? TRANSPOSED : AS_IS, (int)m, (int)n, (int)k, 1,
          a, (int)(transpose_a ? m : k), b, (int)(transpose_b ? k : n), beta, c, (int)n);
}
