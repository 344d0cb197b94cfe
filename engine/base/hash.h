/* 64-bit hashing (xxhash's XXH3, header-only). Seeds are fixed: snapshots and tests depend on it only through equality. */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H
#include <stddef.h>
#include <stdint.h>
uint64_t hash_bytes(const void *ptr, size_t len);
/* 128 bits: stands for the text itself where texts would nest without end. The same in every version (it is written to disk). */
typedef struct Hash128 { uint64_t lo, hi; } Hash128;
Hash128 hash_bytes128(const void *ptr, size_t len);
static inline int hash128_eq(Hash128 a, Hash128 b) { return a.lo == b.lo && a.hi == b.hi; }
/* Of a set or a multiset: any order of adding gives the same. */
static inline Hash128 hash128_add(Hash128 a, Hash128 b) { uint64_t lo = a.lo + b.lo; return (Hash128){ lo, a.hi + b.hi + (lo < a.lo) }; }
static inline uint64_t hash_u64(uint64_t x) { x ^= x >> 32; x *= 0xd6e8feb86659fd93ull; x ^= x >> 32; x *= 0xd6e8feb86659fd93ull; x ^= x >> 32; return x; }
static inline uint64_t hash_mix(uint64_t a, uint64_t b) { return hash_u64(a ^ (b + 0x9e3779b97f4a7c15ull + (a << 6) + (a >> 2))); }
#endif
