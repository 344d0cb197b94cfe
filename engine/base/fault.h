/* Named, countable failure points. In normal runs a point is one predictable branch.
 * WEIR_FAULT="io.write:3,kafka.produce:1" makes the n-th passage fail (1-based), and says so on stderr when it does; tests use fault_arm().
 * An action may follow: "=fail", the default, or "=kill": the process writes the point's name to stderr and dies there by SIGKILL, as in a crash.
 * "*" stands for every point, counted together: WEIR_FAULT="*:120=kill". What cannot be read, or is too much, ends the process at its start:
 * a test must not run on without its fault.
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
