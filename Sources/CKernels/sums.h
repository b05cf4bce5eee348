// Sums of arrays and of weighted rows, with the order of additions written out: four vectors of 16 partial sums over whole groups of
// 64 numbers, eight partial sums over whole groups of 8 of the rest, the last numbers one by one. The compiler may not reorder
// floating-point sums by itself, so a plain loop would be neither fast nor the same as earlier releases.
#pragma once
#include "kernels.h"

// Lets the compiler split one sum, where each term is costly enough that nothing else is worth writing out.
#define GK_ADD_IN_ANY_ORDER(sum, term) do { _Pragma("clang fp reassociate(on)") sum += term; } while (0)

// Vectors may start at any float.
typedef float gk_lanes16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float gk_lanes8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float gk_lanes4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double gk_doubles8 __attribute__((vector_size(64)));
typedef double gk_doubles4 __attribute__((vector_size(32)));

#define GK_HALF_8(v) (__builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7))
#define GK_HALF_16(v)                                                                                                          \
    (__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15))
#define GK_TOTAL_4(v) ((v[0] + v[2]) + (v[1] + v[3]))

GK_INLINE float gk_total_of_8(const float *x) {
    gk_lanes8 eight = *(const gk_lanes8 *)x;
    gk_lanes4 four = GK_HALF_8(eight);
    return GK_TOTAL_4(four);
}

GK_INLINE float gk_total_of_32(const float *x) {
    gk_lanes16 sixteen = *(const gk_lanes16 *)x + *(const gk_lanes16 *)(x + 16);
    gk_lanes8 eight = GK_HALF_16(sixteen);
    return gk_total_of_8((const float *)&eight);
}

// The last few numbers: unrolled, their products would be gathered into a vector and no longer be fused with the sum.
#define GK_ONE_BY_ONE _Pragma("clang loop unroll(disable)")

// The sum of x[i] y[i], or of x[i] alone.
GK_INLINE float gk_sum_terms(const int products, const float *x, const float *y, size_t n) {
#define GK_TERM(type, i) (products ? *(const type *)(x + (i)) * *(const type *)(y + (i)) : *(const type *)(x + (i)))
    float sum = 0;
    size_t i = 0;
    if (n >= 64) {
        gk_lanes16 a = {0}, b = {0}, c = {0}, d = {0};
        for (; i + 64 <= n; i += 64) {
            a += GK_TERM(gk_lanes16, i);
            b += GK_TERM(gk_lanes16, i + 16);
            c += GK_TERM(gk_lanes16, i + 32);
            d += GK_TERM(gk_lanes16, i + 48);
        }
        a = (a + b) + (c + d);
        gk_lanes8 eight = GK_HALF_16(a);
        sum = gk_total_of_8((const float *)&eight);
    }
    if (i + 8 <= n) {
        gk_lanes8 eight = {sum};
        for (; i + 8 <= n; i += 8) eight += GK_TERM(gk_lanes8, i);
        sum = gk_total_of_8((const float *)&eight);
    }
    GK_ONE_BY_ONE for (; i < n; i++) sum += GK_TERM(float, i);
    return sum;
#undef GK_TERM
}

GK_INLINE float gk_sum_of_one(const float *x, size_t n) { return gk_sum_terms(0, x, x, n); }
GK_INLINE float gk_sum_of_products(const float *x, const float *y, size_t n) { return gk_sum_terms(1, x, y, n); }

// The sum of x[i]^2 in double precision: as above with half as many numbers in each vector.
GK_INLINE double gk_sum_of_squares_of_one(const float *x, size_t n) {
#define GK_DOUBLES_8(i) __builtin_convertvector(*(const gk_lanes8 *)(x + (i)), gk_doubles8)
    double sum = 0;
    size_t i = 0;
    if (n >= 32) {
        gk_doubles8 a = {0}, b = {0}, c = {0}, d = {0};
        for (; i + 32 <= n; i += 32) {
            gk_doubles8 p = GK_DOUBLES_8(i), q = GK_DOUBLES_8(i + 8), r = GK_DOUBLES_8(i + 16), s = GK_DOUBLES_8(i + 24);
            a += p * p;
            b += q * q;
            c += r * r;
            d += s * s;
        }
        a = (a + b) + (c + d);
        gk_doubles4 four = GK_HALF_8(a);
        sum = GK_TOTAL_4(four);
    }
    if (i + 4 <= n) {
        gk_doubles4 four = {sum};
        for (; i + 4 <= n; i += 4) {
            gk_doubles4 p = __builtin_convertvector(*(const gk_lanes4 *)(x + i), gk_doubles4);
            four += p * p;
        }
        sum = GK_TOTAL_4(four);
    }
    GK_ONE_BY_ONE for (; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
#undef GK_DOUBLES_8
}

// y[c] += the sum of weights[i] rows[i, c] over four rows of `columns` numbers. The columns after the last whole group of 8 are summed
// without fusing, in one of two orders (`paired`), as earlier releases did: the same seed gives the same bits.
GK_INLINE void gk_add_four_rows(const int paired, const float *restrict weights, const float *restrict rows, float *restrict y,
                                size_t columns) {
    const float *r0 = rows, *r1 = r0 + columns, *r2 = r1 + columns, *r3 = r2 + columns;
    float w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    size_t c = 0;
#define GK_FUSED(type) (*(type *)(y + c) = w3 * *(const type *)(r3 + c) + (w2 * *(const type *)(r2 + c)                         \
                        + (w1 * *(const type *)(r1 + c) + (w0 * *(const type *)(r0 + c) + *(const type *)(y + c)))))
    for (; c + 16 <= columns; c += 16) GK_FUSED(gk_lanes16);
    for (; c + 8 <= columns; c += 8) GK_FUSED(gk_lanes8);
#undef GK_FUSED
    for (; c < columns; c++) {
#pragma clang fp contract(off)
        float p0 = w0 * r0[c], p1 = w1 * r1[c], p2 = w2 * r2[c], p3 = w3 * r3[c];
        y[c] += paired ? (p0 + p2) + (p1 + p3) : ((p0 + p1) + p2) + p3;
    }
}
