#!/usr/bin/env bash
# Source rules that a compiler does not hold: who includes whom, banned calls, clean text, no dead files.
# Prints file:line: rule for each breach; exit 1 if there is one. Comments and strings are ignored where calls are looked for.
set -u
cd "${1:-$(dirname "$0")/..}"

mapfile -t sources < <(find engine parser connectors tests -name build -prune -o -path tests/conformance -prune -o -type f \( -name '*.[chy]' -o -name '*.def' \) -print | sort)
mapfile -t texts < <(find . -path ./build -prune -o -path ./.git -prune -o -path ./tests/conformance -prune -o -path ./tests/lint.sh -prune \
    -o -type f \( -name '*.[chy]' -o -name '*.def' -o -name '*.sh' -o -name '*.sql' -o -name '*.md' -o -name '*.yml' -o -name '*.xml' -o -name Makefile -o -name Dockerfile -o -path './.ci/*' \) -print | sort)
bad=0

# --- C sources ---
awk '
function breach(rule) { printf "%s:%d: %s\n", FILENAME, FNR, rule; bad = 1 }
# Layers from the bottom up; a file sees its own layer and those below.
BEGIN {
    n = split("base type expr plan op run session server shell", names, " ")
    for (i = 1; i <= n; i++) level[names[i]] = i
}
# folder of a path: "engine/base", "parser", "connectors", "tests"
function area(path,   part) { split(path, part, "/"); return part[1] == "engine" ? "engine/" part[2] : part[1] }
function family(path) { sub(/^connectors\//, "", path); sub(/[_.].*/, "", path); return path }
function allowed(from, to,   a, b, la, lb) {
    a = area(from); b = area(to)
    if (a == "tests") return 1
    if (b == "tests") return 0
    la = level[substr(a, 8)]; lb = level[substr(b, 8)]
    if (a ~ /^engine/ && b ~ /^engine/) return la >= lb
    if (a ~ /^engine/ && b == "parser") return la >= level["session"]
    if (a ~ /^engine/ && b == "connectors") return la >= level["plan"] && to ~ /\/(connector|format)\.h$/
    if (a == "parser" && b ~ /^engine/) return lb <= level["plan"]
    if (a == "parser" && b == "connectors") return to ~ /\/(connector|format)\.h$/
    if (a == "parser") return b == "parser"
    if (a == "connectors" && b ~ /^engine/) return lb <= level["type"]
    if (a == "connectors" && b == "connectors") return from ~ /\/table\.[ch]$/ || to ~ /\/(connector|format)\.h$/ || family(from) == family(to)
    return 0
}
function call(text,   name) { name = substr(text, RSTART, RLENGTH); gsub(/[^A-Za-z0-9_]/, "", name); return " " name "()" }
# The line without comments and string contents.
function code(line,   out, i, c, two) {
    out = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1); two = substr(line, i, 2)
        if (in_comment) { if (two == "*/") { in_comment = 0; i++ } continue }
        if (quoted != "") { if (c == "\\") i++; else if (c == quoted) { quoted = ""; out = out c } continue }
        if (two == "/*") { in_comment = 1; i++; continue }
        if (two == "//") break
        if (c == "\"" || c == "\047") quoted = c
        out = out c
    }
    quoted = ""
    return out
}
FNR == 1 { in_comment = 0; path = FILENAME }
FNR == 1001 { breach("file has more than 1000 lines") }
/\t/ && FILENAME !~ /\.y$/ { breach("tab") }
/^ *#include "/ {
    split($0, part, "\""); target = part[2]; included[target] = 1
    if (target == "grammar.h" || target == "lib.h") next
    if (target !~ /\//) { breach("include \"" target "\": write the path from the top folder"); next }
    if (!allowed(FILENAME, target)) breach(area(FILENAME) " must not include " target)
    next
}
{
    if (in_comment || index($0, "/*") || index($0, "//") || index($0, "\"") || index($0, "\047")) text = code($0); else text = $0
    if (text !~ /\(/) next
    if (match(text, /(^|[^A-Za-z0-9_.>])(strcpy|strcat|strtok|sprintf|vsprintf|gets|alloca|strncpy|strncat) *\(/))
        breach("banned call:" call(text))
    if (path != "engine/base/clock.c" && match(text, /(^|[^A-Za-z0-9_.>])(time|gettimeofday|clock_gettime|nanosleep|usleep|sleep|rand|srand|random|drand48|getrandom) *\(/))
        breach("time and randomness come from engine/base/clock.h:" call(text))
    if (path !~ /^tests\// && path != "engine/base/arena.c" && match(text, /(^|[^A-Za-z0-9_.>])(setjmp|longjmp) *\(/))
        breach("no setjmp")
}
END {
    for (i = 1; i < ARGC; i++) {
        file = ARGV[i]
        if (file ~ /\.(h|def)$/ && !(file in included)) { print file ": included by nobody"; bad = 1 }
        else if (file ~ /\.c$/ && file !~ /^(engine\/[a-z]+|parser|connectors|tests\/[a-z]+)\/[A-Za-z0-9_]+\.c$/) { print file ": no rule of the Makefile builds it"; bad = 1 }
    }
    exit bad
}' "${sources[@]}" || bad=1

# --- every text file ---
awk '
function breach(rule) { printf "%s:%d: %s\n", FILENAME, FNR, rule; bad = 1 }
/\r$/ { breach("carriage return") }
/[ \t]$/ && FILENAME !~ /\.md$/ { breach("blank at the end of the line") }
/(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)|[Nn]ot implemented yet/ { breach("unfinished work belongs in the tracker") }
/(^|[^A-Za-z0-9_.}*])\/(home\/[a-z]|root\/|work\/|Users\/)/ { breach("path of one machine") }
/^(<<<<<<<|>>>>>>>) / { breach("merge conflict") }
END { exit bad }' "${texts[@]}" || bad=1

exit $bad
