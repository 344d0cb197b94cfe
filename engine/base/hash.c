/* The one translation unit that instantiates xxhash. Pure functions. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/hash.h"

uint64_t hash_bytes(const void *ptr, size_t len)
{
    return XXH3_64bits(ptr, len);
}

Hash128 hash_bytes128(const void *ptr, size_t len)
{
    XXH128_hash_t hash = XXH3_128bits(ptr, len);
    return (Hash128){ hash.low64, hash.high64 };
}
