// Everything below the tensors: OpenBLAS, fused vector kernels, and buffers that each thread reuses.
//
// All arrays are float32, row-major and contiguous. Where a kernel's comment says so, output may be the same array as an
// input (never a shifted overlap of it). Kernels are compiled for three x86-64 generations and chosen at run time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- OpenBLAS (blas.c, processor.c) ----

// Finds and starts OpenBLAS, once for the process: with kernels that fit this processor and with one thread. Returns 0, or -1
// after writing into `error` what is missing and how to get it. Cheap after the first call; safe from any thread.
int gk_blas_open(char *error, size_t error_size);
// The kernels that the running library uses ("Haswell", "SkylakeX", ...) and its own configuration line; "" before opening.
const char *gk_blas_core_name(void);
const char *gk_blas_config(void);
// The value of OPENBLAS_CORETYPE that fits this processor, or NULL where the library's own choice is right.
const char *gk_blas_preferred_core(void);
// Whether products of matrices run in this library's own kernels instead: on processors where those were measured quicker, unless
// OPENBLAS_CORETYPE is set.
int gk_uses_own_products(void);
// c = op(a) op(b) + beta c, where op(a) is [m, k], op(b) is [k, n], c is [m, n]. `a` is [m, k], or [k, m] with transpose_a;
// likewise b. Opens the library on first use; exits with gk_blas_open's message when there is none, so call that first.
void gk_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k,
              const float *a, const float *b, float beta, float *c);

// ---- Products in bfloat16 (bfloat16_gemm.c) ----

typedef enum { GK_FLOAT32, GK_BFLOAT16 } gk_precision;
typedef enum {
    GK_BFLOAT16_NONE,      // products stay in float32
    GK_BFLOAT16_NATIVE,    // the processor has AVX512-BF16
    GK_BFLOAT16_AMX,       // it has the tiles of AMX, and the system lets this process use them
    GK_BFLOAT16_EMULATED,  // the environment variable GAIT_BFLOAT16 is `emulate`: operands are rounded and multiplied in float32
} gk_bfloat16_mode;
// What this process can do, and does where it is asked for GK_BFLOAT16.
gk_bfloat16_mode gk_bfloat16_support(void);
// As gk_sgemm. With GK_BFLOAT16 the operands of products whose three sizes are all at least 32 are rounded to bfloat16, to the nearest and
// ties to even; sums are float32, in another order than gk_sgemm's. Without support for it, as GK_FLOAT32.
void gk_gemm(gk_precision precision, int transpose_a, int transpose_b, size_t m, size_t n, size_t k,
             const float *a, const float *b, float beta, float *c);

typedef struct {
    uint64_t float32, bfloat16;
} gk_product_counters;
// How many products whose three sizes are all at least 32 the calling thread has computed in either precision.
gk_product_counters gk_large_products(void);

// ---- Products that leave out columns of zeros (live_columns.c) ----

// c = a b as above. Where a is small and many of its columns are all 0, as behind rectified units, these are left out.
void gk_gemm_live(gk_precision precision, size_t m, size_t n, size_t k, const float *a, const float *b, float *c);
// Of a layer x w with x [batch, inputs], w [inputs, outputs] and the gradient dz [batch, outputs] of its result: dw = x^T dz and dx = dz w^T,
// each where not NULL, with columns of x and dz left out that are all 0. Returns 0, and has written nothing, where that does not pay.
int gk_live_gradients(gk_precision precision, size_t batch, size_t inputs, size_t outputs, const float *x, const float *dz, const float *w,
                      float *dw, float *dx);

// ---- Buffers (pool.c) ----

// At least `count` floats, aligned to 64 bytes, contents undefined. Freed buffers stay with the freeing thread for its next
// request of their size, up to a bound.
float *gk_buffer_take(size_t count);
void gk_buffer_return(float *buffer, size_t count);
typedef struct {
    uint64_t hits;        // requests served from freed buffers
    uint64_t misses;      // requests that went to the system
    uint64_t held_bytes;  // in freed buffers now
} gk_pool_counters;
gk_pool_counters gk_pool_read_counters(void);  // of the calling thread
void gk_pool_empty(void);                      // gives the calling thread's freed buffers back to the system

// Whether operations of this thread are recorded for differentiation (0 = recorded: the value a new thread starts with).
int gk_recording_suspended(void);
void gk_set_recording_suspended(int suspended);

// ---- Elementwise (elementwise.c) ----

typedef enum { GK_ADD, GK_SUBTRACT, GK_MULTIPLY, GK_DIVIDE, GK_MINIMUM, GK_MAXIMUM } gk_binary_op;
// How an operand covers [rows, columns].
typedef enum { GK_FULL, GK_SCALAR, GK_ROW /* [columns] */, GK_COLUMN /* [rows, 1] */ } gk_form;
// out[r, c] = a[r, c] op b[r, c]; out may be an operand of form GK_FULL.
void gk_binary(gk_binary_op op, const float *a, gk_form a_form, const float *b, gk_form b_form, float *out,
               size_t rows, size_t columns);
void gk_scale(const float *x, float scale, float offset, float *out, size_t n);  // out = scale x + offset
void gk_axpy(float a, const float *x, float *y, size_t n);                       // y += a x
void gk_add_in_place(float *y, const float *x, size_t n);                        // y += x
void gk_blend(float *y, const float *x, float rate, size_t n);                   // y = (1 - rate) y + rate x
void gk_fill(float *out, float value, size_t n);
// Gradient of minimum(a, b) (maximum with sign -1): d_a gets dy where sign*a < sign*b, half of it on ties, else 0.
void gk_select_gradient(const float *dy, const float *a, const float *b, float sign, float *d_a, size_t n);

typedef enum {
    GK_RELU, GK_TANH, GK_SIGMOID, GK_SOFTPLUS, GK_EXP, GK_LOG, GK_SQRT, GK_SQUARE, GK_ABS, GK_CLAMP, GK_COS, GK_SIN
} gk_unary_op;
// out = f(x); low and high are GK_CLAMP's. out may be x. NaN stays NaN.
void gk_unary(gk_unary_op op, const float *x, float low, float high, float *out, size_t n);
// dx = dy f'(x), from the result y for GK_RELU, GK_TANH, GK_SIGMOID, GK_EXP, GK_SQRT, from x for the others. dx may be dy.
void gk_unary_gradient(gk_unary_op op, const float *dy, const float *saved, float low, float high, float *dx, size_t n);
// Gradients of dy (1 - y^2) in dy and in y, from d, the gradient of the result. d_dy may be d.
void gk_tanh_slope_gradient(const float *d, const float *dy, const float *y, float *d_dy, float *d_y, size_t n);

// ---- Layers (layers.c) ----

// A leaky ReLU has slope 0.01 below 0.
typedef enum { GK_IDENTITY_ACTIVATION, GK_RELU_ACTIVATION, GK_TANH_ACTIVATION, GK_LEAKY_RELU_ACTIVATION } gk_activation;
// y = f(y + bias) in place; bias [columns] may be NULL.
void gk_bias_activation(float *y, const float *bias, gk_activation f, size_t rows, size_t columns);
// dz = dy f'(y), and, where d_bias is not NULL, d_bias[c] = sum over rows of dz. dz may be dy. `row_index`, where not NULL,
// says which row of y belongs to each of the `rows` rows of dy.
void gk_activation_gradient(const float *dy, const float *y, gk_activation f, float *dz, float *d_bias,
                            size_t rows, size_t columns, const int32_t *row_index);
// y = f(x w + bias) for one row; w is [inputs, outputs].
void gk_single_row(const float *x, const float *w, const float *bias, gk_activation f, float *y, size_t inputs, size_t outputs);

// ---- Reductions (reductions.c) ----

float gk_sum(const float *x, size_t n);
float gk_dot(const float *x, const float *y, size_t n);
double gk_sum_of_squares(const float *x, size_t n);
void gk_column_sums(const float *x, float *out, size_t rows, size_t columns);
void gk_row_sums(const float *x, float *out, size_t rows, size_t columns);
// out[r] = max over columns, index[r] = its first column (index may be NULL).
void gk_row_maxima(const float *x, float *out, int32_t *index, size_t rows, size_t columns);
void gk_column_maxima(const float *x, float *out, int32_t *index, size_t rows, size_t columns);
void gk_log_sum_exp(const float *x, float *out, size_t rows, size_t columns);
void gk_log_softmax(const float *x, float *out, size_t rows, size_t columns);
// dx = dy - exp(y) * sum over columns of dy; dx may be dy.
void gk_log_softmax_gradient(const float *dy, const float *y, float *dx, size_t rows, size_t columns);
// Copies a [rows, columns] block between matrices whose rows are `from_stride` and `to_stride` floats apart.
void gk_copy_block(const float *from, size_t from_stride, float *to, size_t to_stride, size_t rows, size_t columns);
void gk_transpose(const float *x, float *out, size_t rows, size_t columns);

// ---- Optimizers (optimizers.c), each one pass over the parameters ----

typedef struct {
    float step_size;         // learning rate / (1 - beta1^t)
    float beta1, beta2, epsilon;
    float second_correction; // 1 / sqrt(1 - beta2^t)
} gk_adam;
void gk_adam_step(gk_adam adam, float *p, float *m, float *v, const float *g, size_t n);
// Adam's step with p -= proximal_rate (p - auxiliary) beside it (both from p before the step), then
// auxiliary -= auxiliary_rate (auxiliary - new p).
void gk_adam_proximal_step(gk_adam adam, float *p, float *m, float *v, const float *g, float *auxiliary,
                           float proximal_rate, float auxiliary_rate, size_t n);

// ---- Distributions (distributions.c) ----

// Standard normal numbers from a xoshiro256++ stream whose four words are `state`: pairs by Box and Muller, one 64-bit draw a pair.
void gk_fill_normal(uint64_t state[4], float *out, size_t n);
void gk_fill_uniform(uint64_t state[4], float low, float high, float *out, size_t n);
// Squashed Gaussian: parameters [rows, 2 size] hold mean | log std (clipped to low...high); u = mean + std noise, a = tanh u.
// out [rows, size + 1] holds a | log probability: sum of log N(u) - log(1 - a^2 + 1e-6).
void gk_tanh_gaussian(const float *parameters, const float *noise, float low, float high, float *out, size_t rows, size_t size);
// d_parameters from d_out, both shaped as above.
void gk_tanh_gaussian_gradient(const float *d_out, const float *parameters, const float *noise, float low, float high,
                               float *d_parameters, size_t rows, size_t size);

// ---- Gated recurrent unit (recurrent.c): gates in the order reset, update, new ----

// From x W_ih^T + b_ih and h W_hh^T + b_hh, both [rows, 3 size], and h [rows, size]: the next h; r, z, n go into gates [rows, 3 size].
void gk_gru_cell(const float *from_input, const float *from_state, const float *h, float *next_h, float *gates,
                 size_t rows, size_t size);
// Gradients of the three inputs from d_next_h.
void gk_gru_cell_gradient(const float *d_next_h, const float *gates, const float *from_state, const float *h,
                          float *d_from_input, float *d_from_state, float *d_h, size_t rows, size_t size);

#ifdef __cplusplus
}
#endif
