/* Exactly-once of the jdbc sink, what both dialects share. The number of the last committed epoch stands in table weir_epochs of the target database
 * and moves in the transaction that writes the epoch's rows: both are there or neither.
 *   key      the sink (SinkSpec.epoch_key), primary key
 *   lineage  the chain of checkpoints that the number belongs to     epoch  the number
 *   owner    the opening of the sink that may commit                 updated  when
 * claim() makes a new opening the owner and leaves lineage and number alone, but for a job that starts over: its lineage begins with number 0.
 * A commit first moves the number, by a statement that hits the row only when the owner, the lineage and the number are those that this sink knows. That
 * row stays locked until the transaction ends, so a claim sees an earlier owner's commit whole or makes it miss. When it misses, the row says why:
 *   owner is another's            fenced: two processes run one job; the later one goes on
 *   the epoch's own number        an earlier attempt was committed and its answer was lost: nothing is left to do
 *   anything else                 the database was set back (backup, replica): rows of a committed epoch are gone, which only a person can mend
 * Pure functions and texts in the sink's arena. */
#include "connectors/jdbc.h"
#include "engine/base/clock.h"

#include <unistd.h>

/* Readable in the table, random so that no two openings share it. */
static const char *new_owner(Arena *arena)
{
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    uint64_t high = random_u64(), low = random_u64();
    return str_printf(arena, "process %ld on %s, %016llx%016llx%c", (long)getpid(), host, (unsigned long long)high, (unsigned long long)low, 0).ptr;
}

JdbcEpoch jdbc_epoch_new(Arena *arena, const SinkSpec *spec)
{
    return (JdbcEpoch){ .arena = arena, .key = str_cstr(arena, spec->epoch_key), .lineage = str_cstr(arena, spec->lineage), .owner = new_owner(arena) };
}

bool jdbc_epoch_missed(const JdbcEpoch *epoch, const JdbcConf *conf, const char *owner, const char *lineage, uint64_t number, bool *held, Err *err)
{
    if (owner && strcmp(owner, epoch->owner) != 0) {
        err_set(err, E_EXTERNAL, STR_FMT ": another process has taken over sink \"%s\"; epoch %llu is not written by this one", STR_ARG(conf->shown), epoch->key,
                (unsigned long long)epoch->number);
        err_detail(err, "Its entry in " JDBC_EPOCH_TABLE ": %s.", owner);
        return err_hint(err, "The same job runs twice. End one of them, or give each a name of its own with SET 'pipeline.name' = '..'.");
    }
    *held = owner && strcmp(lineage, epoch->lineage) == 0 && number == epoch->number;
    if (*held) return true;
    err_set(err, E_EXTERNAL, STR_FMT ": table " JDBC_EPOCH_TABLE " has lost epoch %llu of sink \"%s\", which was committed", STR_ARG(conf->shown), (unsigned long long)epoch->held,
            epoch->key);
    if (owner) err_detail(err, "It holds epoch %llu of lineage \"%s\".", (unsigned long long)number, lineage);
    else err_detail(err, "Its row for the sink is gone.");
    return err_hint(err, "The database was set back (a backup, a replica that lagged) or the row was changed by hand, so rows may be missing. Bring it back, or start the job afresh.");
}
