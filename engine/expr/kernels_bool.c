/* Truth over whole vectors: AND and OR of three values, the rows where a condition holds, and cells blended and filled for CASE. Bytes of BOOLEAN cells are 0 or 1
 * and those of NULL cells may be either, so values are combined bytewise and validity a word of 64 rows at a time. Stateless. */
#include "engine/expr/kernels.h"

/* Bit r = byte r, of up to 64 bytes that are 0 or 1. */
static inline uint64_t pack_bits(const uint8_t *bytes, uint32_t n)
{
    uint64_t bits = 0;
    if (n < 64) {
        for (uint32_t i = 0; i < n; i++) bits |= (uint64_t)bytes[i] << i;
        return bits;
    }
    for (uint32_t k = 0; k < 8; k++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * k, 8);
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) eight = __builtin_bswap64(eight);
        bits |= (eight * 0x0102040810204080u >> 56) << (8 * k);      /* byte i times 2^i, summed up in the top byte */
    }
    return bits;
}

/* Of two terms the result is known where both are, or where one alone decides. */
static void kleene_valid(bool is_or, const uint8_t *a, const uint64_t *va, const uint8_t *b, const uint64_t *vb, uint64_t *valid, uint32_t len)
{
    const uint64_t flip = is_or ? 0 : ~0ull;
    for (uint32_t at = 0; at < len; at += 64) {
        uint32_t w = at / 64, n = len - at;
        uint64_t known_a = va ? va[w] : ~0ull, known_b = vb ? vb[w] : ~0ull;
        uint64_t decides_a = known_a & (pack_bits(a + at, n) ^ flip), decides_b = known_b & (pack_bits(b + at, n) ^ flip);
        valid[w] = (known_a & known_b) | decides_a | decides_b;
    }
}

void kleene_dense(bool is_or, uint8_t *restrict dst, const uint64_t *dst_valid, const uint8_t *restrict src, const uint64_t *src_valid, uint64_t *valid, uint32_t len)
{
    if (dst_valid || src_valid) kleene_valid(is_or, dst, dst_valid, src, src_valid, valid, len);
    if (is_or) for (uint32_t i = 0; i < len; i++) dst[i] |= src[i];
    else for (uint32_t i = 0; i < len; i++) dst[i] &= src[i];
}

uint32_t true_rows(const uint8_t *data, const uint64_t *valid, uint32_t len, uint32_t *restrict rows)
{
    uint32_t n = 0;
    for (uint32_t at = 0; at < len; at += 64) {
        uint64_t bits = pack_bits(data + at, len - at) & (valid ? valid[at / 64] : ~0ull);
        for (; bits; bits &= bits - 1) rows[n++] = at + (uint32_t)__builtin_ctzll(bits);
    }
    return n;
}

#define FILL(T) { T *restrict d = dst; const T x = *(const T *)cell; for (uint32_t i = 0; i < len; i++) d[i] = x; break; }

void fill_cells(void *restrict dst, const void *cell, uint32_t len, size_t size)
{
    switch (size) {
    case 1: FILL(uint8_t)
    case 2: FILL(uint16_t)
    case 4: FILL(uint32_t)
    case 8: FILL(uint64_t)
    default: FILL(u128)
    }
}

/* By masks: gcc makes vectors of this at SSE2, of a conditional move it does not. */
#define BLEND(T)                                                                                                           \
    {                                                                                                                      \
        T *restrict d = dst;                                                                                               \
        const T *s = src;                                                                                                  \
        for (uint32_t i = 0; i < len; i++) {                                                                               \
            const T mask = (T)(0 - (T)cond[i]);                                                                            \
            d[i] = (T)((d[i] & ~mask) | (s[fixed ? 0 : i] & mask));                                                        \
        }                                                                                                                  \
        break;                                                                                                             \
    }

void blend_cells(void *restrict dst, const void *src, bool fixed, const uint8_t *cond, uint32_t len, size_t size)
{
    switch (size) {
    case 1: BLEND(uint8_t)
    case 2: BLEND(uint16_t)
    case 4: BLEND(uint32_t)
    case 8: BLEND(uint64_t)
    default: BLEND(u128)
    }
}

void blend_valid(uint64_t *dst, const uint64_t *src, bool fixed, const uint8_t *cond, uint32_t len)
{
    for (uint32_t at = 0; at < len; at += 64) {
        uint64_t taken = pack_bits(cond + at, len - at), from = !src ? ~0ull : fixed ? 0 - (src[0] & 1) : src[at / 64];
        dst[at / 64] = (dst[at / 64] & ~taken) | (from & taken);
    }
}

void condition_bytes(uint8_t *restrict out, const uint8_t *data, const uint64_t *valid, uint32_t len)
{
    memcpy(out, data, len);
    for (uint32_t at = 0; valid && at < len; at += 64) {
        uint64_t nulls = ~valid[at / 64] & (len - at < 64 ? (1ull << (len - at)) - 1 : ~0ull);
        for (; nulls; nulls &= nulls - 1) out[at + (uint32_t)__builtin_ctzll(nulls)] = 0;
    }
}
