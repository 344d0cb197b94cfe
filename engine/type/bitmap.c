/* The portable Roaring format: cookie, then per container of 65536 numbers its key and size, offsets, and the containers.
 *   12346, u32 containers | low half 12347, high half containers-1, one bit a container: is it runs?
 *   u16 key, u16 size-1 each | u32 offset each (with runs only from 4 containers on)
 *   array: size u16 (up to 4096) | bitmap: 8192 bytes | runs: u16 count, (u16 first, u16 length-1) each */
#include "engine/type/bitmap.h"

enum { COOKIE_PLAIN = 12346, COOKIE_RUNS = 12347, ARRAY_MAX = 4096, BITMAP_BYTES = 8192, OFFSETS_FROM = 4 };

static uint32_t read_u16(Reader *r)
{
    uint32_t low = reader_u8(r);
    return low | (uint32_t)reader_u8(r) << 8;
}

static bool read_array(Arena *arena, Reader *r, uint32_t base, uint32_t size, BitmapValues *out)
{
    for (uint32_t i = 0; i < size && !r->bad; i++) {
        uint32_t v = base | read_u16(r);
        ARENA_PUSH(arena, *out, v);
    }
    return !r->bad;
}

static bool read_bits(Arena *arena, Reader *r, uint32_t base, BitmapValues *out)
{
    if (r->end - r->ptr < BITMAP_BYTES) return false;
    for (uint32_t i = 0; i < BITMAP_BYTES * 8; i++)
        if ((unsigned char)r->ptr[i / 8] >> (i % 8) & 1) {
            uint32_t v = base | i;
            ARENA_PUSH(arena, *out, v);
        }
    r->ptr += BITMAP_BYTES;
    return true;
}

static bool read_runs(Arena *arena, Reader *r, uint32_t base, BitmapValues *out)
{
    uint32_t runs = read_u16(r);
    for (uint32_t k = 0; k < runs && !r->bad; k++) {
        uint32_t first = read_u16(r), more = read_u16(r);
        if (first + more > 65535) return false;
        for (uint32_t i = 0; i <= more; i++) {
            uint32_t v = base | (first + i);
            ARENA_PUSH(arena, *out, v);
        }
    }
    return !r->bad;
}

static bool is_ascending(const BitmapValues *values)
{
    for (uint32_t i = 1; i < values->n; i++)
        if (values->v[i - 1] >= values->v[i]) return false;
    return true;
}

bool bitmap_read(Arena *arena, Str bytes, BitmapValues *out)
{
    Reader r = { bytes.ptr, bytes.ptr + bytes.len, false };
    *out = (BitmapValues){ 0 };
    uint32_t cookie = reader_u32(&r), containers;
    bool runs = (cookie & 0xFFFF) == COOKIE_RUNS;
    if (!runs && cookie != COOKIE_PLAIN) return false;
    containers = runs ? (cookie >> 16) + 1 : reader_u32(&r);
    if (containers > 65536 || r.bad) return false;
    const char *run_bits = r.ptr;
    if (runs) r.ptr += (containers + 7) / 8;
    const char *header = r.ptr;
    uint64_t skip = (uint64_t)containers * 4 * (!runs || containers >= OFFSETS_FROM ? 2 : 1);
    if (r.ptr > r.end || (uint64_t)(r.end - r.ptr) < skip) return false;
    r.ptr += skip;
    for (uint32_t i = 0; i < containers; i++) {
        Reader h = { header + 4 * i, r.end, false };
        uint32_t base = read_u16(&h) << 16, size = read_u16(&h) + 1;
        bool is_run = runs && ((unsigned char)run_bits[i / 8] >> (i % 8) & 1);
        bool ok = is_run ? read_runs(arena, &r, base, out) : size <= ARRAY_MAX ? read_array(arena, &r, base, size, out) : read_bits(arena, &r, base, out);
        if (!ok) return false;
    }
    return is_ascending(out);
}

/* Numbers that share the upper half with values[at]. */
static uint32_t container_size(const uint32_t *values, uint32_t n, uint32_t at)
{
    uint32_t to = at;
    while (to < n && values[to] >> 16 == values[at] >> 16) to++;
    return to - at;
}

static void put_u16(StrBuf *buf, uint32_t v)
{
    strbuf_put_u8(buf, (uint8_t)v);
    strbuf_put_u8(buf, (uint8_t)(v >> 8));
}

/* The smallest of the three forms of a container; runs only where they save bytes, as Flink writes them. */
static uint32_t container_bytes(const uint32_t *values, uint32_t size, uint32_t *runs)
{
    uint32_t plain = size <= ARRAY_MAX ? size * 2 : BITMAP_BYTES;
    *runs = 0;
    for (uint32_t i = 0; i < size; i++) *runs += i == 0 || values[i] != values[i - 1] + 1;
    if (2 + 4 * *runs < plain) return 2 + 4 * *runs;
    *runs = 0;
    return plain;
}

static void put_runs(StrBuf *buf, const uint32_t *values, uint32_t size, uint32_t runs)
{
    put_u16(buf, runs);
    for (uint32_t i = 0, from; i < size; i++) {
        from = i;
        while (i + 1 < size && values[i + 1] == values[i] + 1) i++;
        put_u16(buf, values[from] & 0xFFFF);
        put_u16(buf, i - from);
    }
}

static void put_container(StrBuf *buf, const uint32_t *values, uint32_t size)
{
    uint32_t runs;
    container_bytes(values, size, &runs);
    if (runs > 0) {
        put_runs(buf, values, size, runs);
        return;
    }
    if (size <= ARRAY_MAX) {
        for (uint32_t i = 0; i < size; i++) put_u16(buf, values[i] & 0xFFFF);
        return;
    }
    strbuf_reserve(buf, BITMAP_BYTES);
    char *bits = buf->ptr + buf->len;
    memset(bits, 0, BITMAP_BYTES);
    for (uint32_t i = 0; i < size; i++) bits[(values[i] & 0xFFFF) / 8] |= (char)(1 << (values[i] & 7));
    buf->len += BITMAP_BYTES;
}

/* Cookie with the number of containers, and a bit for each that holds runs. */
static void put_run_header(StrBuf *buf, const uint32_t *values, uint32_t n, uint32_t containers)
{
    strbuf_put_u32(buf, COOKIE_RUNS | (containers - 1) << 16);
    uint32_t at = 0, bits = 0;
    for (uint32_t i = 0, size, runs; i < n; i += size, at++) {
        size = container_size(values, n, i);
        container_bytes(values + i, size, &runs);
        if (runs > 0) bits |= 1u << at % 8;
        if (at % 8 == 7 || at + 1 == containers) {
            strbuf_put_u8(buf, (uint8_t)bits);
            bits = 0;
        }
    }
}

Str bitmap_write(Arena *arena, const uint32_t *values, uint32_t n)
{
    StrBuf buf = { 0 };
    uint32_t containers = 0, with_runs = 0;
    for (uint32_t i = 0, size, runs; i < n; i += size, containers++) {
        size = container_size(values, n, i);
        container_bytes(values + i, size, &runs);
        with_runs += runs > 0;
    }
    if (with_runs) put_run_header(&buf, values, n, containers);
    else {
        strbuf_put_u32(&buf, COOKIE_PLAIN);
        strbuf_put_u32(&buf, containers);
    }
    for (uint32_t i = 0, size; i < n; i += size) {
        size = container_size(values, n, i);
        put_u16(&buf, values[i] >> 16);
        put_u16(&buf, size - 1);
    }
    uint32_t offset = (uint32_t)buf.len + containers * 4;
    for (uint32_t i = 0, size, runs; i < n && (!with_runs || containers >= OFFSETS_FROM); i += size) {
        size = container_size(values, n, i);
        strbuf_put_u32(&buf, offset);
        offset += container_bytes(values + i, size, &runs);
    }
    for (uint32_t i = 0, size; i < n; i += size) {
        size = container_size(values, n, i);
        put_container(&buf, values + i, size);
    }
    Str bytes = str_dup(arena, strbuf_str(&buf));
    strbuf_free(&buf);
    return bytes;
}

void bitmap_print(Str bytes, StrBuf *out)
{
    Arena *arena = arena_new();
    BitmapValues values;
    if (!bitmap_read(arena, bytes, &values)) values.n = 0;
    strbuf_addc(out, '{');
    for (uint32_t i = 0; i < values.n; i++) {
        if (i) strbuf_addc(out, ',');
        strbuf_add_i64(out, values.v[i]);
    }
    strbuf_addc(out, '}');
    arena_free(arena);
}
