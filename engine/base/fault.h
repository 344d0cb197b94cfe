/* Named, countable failure points. In normal runs a point is one predictable branch.
 * WEIR_FAULT="io.write:3,kafka.produce:1" makes the n-th passage fail (1-based), and says so on stderr when it does; tests use fault_arm().
 * A point's name stands as a literal at its place: tests/fault/run.sh reads them from the source, so that none is forgotten. */
#ifndef WEIR_BASE_FAULT_H
#define WEIR_BASE_FAULT_H
#include <stdbool.h>
#include <stdint.h>
extern bool fault_any_armed;                /* read-only for callers */
bool fault_hit_slow(const char *point);
static inline bool fault_hit(const char *point) { return __builtin_expect(fault_any_armed, 0) && fault_hit_slow(point); }
void fault_arm(const char *point, uint64_t nth);  /* "*" = every point counts together */
void fault_disarm_all(void);
uint64_t fault_count(const char *point);    /* passages since armed */
#endif
