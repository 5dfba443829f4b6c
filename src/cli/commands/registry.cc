#include "cli/command.h"
#include "cli/commands/commands.h"

namespace dunlin::cli {

const std::vector<CommandRow>& command_rows() {
  static const std::vector<CommandRow> rows{
      {.name = "init",
       .summary = "begin: a dunlin.toml, a first migration, and an SQLite database unless told otherwise",
       .details =
           "Writes dunlin.toml and a first migration into the directory of migrations, and makes the database: the "
           "SQLite file app.db in the working directory, or the one --url names. Nothing that exists is "
           "overwritten. A password is never written to dunlin.toml.",
       .make = &make_init},
      {.name = "new",
       .aliases = {"add"},
       .summary = "create a migration",
       .details =
           "Makes an empty migration, numbered as the directory does it (timestamps, or numbers of the same width), "
           "and prints the path. With --reversible there are two files, up and down.",
       .make = &make_new},
      {.name = "migrate",
       .aliases = {"up", "upgrade"},
       .summary = "apply what is pending",
       .details =
           "Applies every pending migration, in order, each exactly once, however many runners start at the same "
           "time. With nothing pending it takes no lock and writes nothing. A failed run still reports what was "
           "applied. With --create-database the same command does a first installation and every later upgrade.",
       .takes = SettingGroup::running,
       .failure = FailureDocument::run,
       .make = &make_migrate},
      {.name = "info",
       .aliases = {"status", "list"},
       .summary = "what is applied, pending, changed",
       .details =
           "Lays the files and the history side by side. Never writes; a user who may only read is enough. Times "
           "are UTC. A flag (changed, out-of-order) is shown in the place of the state.",
       .make = &make_info},
      {.name = "migrate-info",
       .summary = "the same, one line a migration, for scripts",
       .details =
           "Prints `<version>/<state>: <name>`, the name spelled as in the file. An applied migration is "
           "`installed`, a flag (changed, out-of-order) replaces the state, a pending one ends in ` (NEW)`, and a "
           "repeatable one has `R` for its version.",
       .make = &make_migrate_info},
      {.name = "plan",
       .summary = "what migrate would do, statement by statement",
       .details =
           "Shows each statement with the transaction around it and what would be journalled. Never writes. With "
           "--sql it prints a script for psql or sqlite3 that does the same by hand, history rows included; the "
           "script holds the files' own text, passwords in it too.",
       .takes = SettingGroup::running,
       .make = &make_plan},
      {.name = "validate",
       .summary = "check files against the history",
       .details =
           "Exit code 5 when an applied migration's file has changed or is gone. With --fix-checksums the recorded "
           "checksums of files that differ only in line endings, byte order mark or final newline are replaced; "
           "those of files with other contents only after a yes.",
       .takes = SettingGroup::running,
       .make = &make_validate},
      {.name = "down",
       .aliases = {"revert", "rollback"},
       .summary = "undo the newest migration, or more",
       .details = "Runs down files, newest first. Without options one migration is undone. A migration without a down "
                  "file is refused before anything runs.",
       .takes = SettingGroup::running,
       .failure = FailureDocument::run,
       .make = &make_down},
      {.name = "redo",
       .summary = "undo the newest migration and apply it again",
       .takes = SettingGroup::running,
       .failure = FailureDocument::run,
       .make = &make_redo},
      {.name = "baseline",
       .summary = "adopt an existing schema",
       .details = "Records the migrations up to and including a version as applied, without running them.",
       .takes = SettingGroup::running,
       .make = &make_baseline},
      {.name = "resolve",
       .summary = "settle a failed or doubtful migration",
       .details =
           "Without a version: lists what has to be settled, and how. With one: says what became of it. Look at the "
           "database before you answer; dunlin believes you.",
       .takes = SettingGroup::running,
       .make = &make_resolve},
      {.name = "create", .summary = "create the database", .make = &make_create},
      {.name = "drop",
       .summary = "delete the database",
       .details = "Deletes the whole database. Asks for its name first, unless --yes is given.",
       .make = &make_drop},
      {.name = "reset",
       .summary = "delete the database, create it, apply everything",
       .takes = SettingGroup::running,
       .failure = FailureDocument::run,
       .make = &make_reset},
      {.name = "lock",
       .summary = "who holds the migration lock; free it",
       .details =
           "`lock status` names who holds the lock and since when. `lock release` ends the holder's session on the "
           "server, which frees the lock; it is refused while that session works, unless --force is given.",
       .make = &make_lock},
      {.name = "wait",
       .summary = "wait until the database is reachable, or migrated",
       .details = "For init containers and scripts. Exit code 6 when the database was never reached, 3 when it was and "
                  "the migrations were still not there, 5 or 7 at once when waiting cannot help.",
       .make = &make_wait},
      {.name = "doctor",
       .summary = "check users, server and files, each finding with its fix",
       .details =
           "Looks at the database as the migration user (MIGRATION_DATABASE_URL) and as the application's user "
           "(APP_DATABASE_URL, DATABASE_URL): whether each gets in, who may change the schema, TLS, what waits or is "
           "broken on the server, the clock, the files and the history. Writes nothing. Exit code 0 without an error; "
           "6 when a user does not get in, 7 when a migration has to be settled, 5 when files and history do not fit, "
           "2 for a setting, 8 for anything else.",
       .make = &make_doctor},
      {.name = "dump",
       .summary = "the schema as SQL",
       .details = "Prints the schema, without data.",
       .make = &make_dump},
      {.name = "keygen",
       .summary = "a new key-encryption key",
       .details =
           "Makes a random key in the form NAME:BASE64 that SECRETS_ENCRYPTION_KEY takes: to a new file with mode 0600 "
           "(--out), or to a pipe. On a terminal only with --print.",
       .make = &make_keygen},
      {.name = "encrypt",
       .summary = "encrypt standard input under the current key",
       .details =
           "Prints one encrypted value, the JSON that encrypted columns hold, under SECRETS_ENCRYPTION_KEY. Every byte "
           "counts, a final newline too: `printf %s \"$TOKEN\" | dunlin encrypt`.",
       .takes = SettingGroup::secrets,
       .make = &make_encrypt},
      {.name = "decrypt",
       .summary = "decrypt an encrypted value on standard input",
       .details = "Prints what the value holds, byte for byte. Keys are SECRETS_ENCRYPTION_KEY and those in "
                  "SECRETS_ENCRYPTION_KEY_PREVIOUS. Exit code 9 when none of them opens it.",
       .takes = SettingGroup::secrets,
       .make = &make_decrypt},
      {.name = "reencrypt",
       .summary = "move encrypted values to a new key",
       .details =
           "Re-encrypts every value of the encrypted columns that is not under SECRETS_ENCRYPTION_KEY yet, while the "
           "application goes on. Columns are those called ..._encrypted and those that encrypted_columns in "
           "dunlin.toml "
           "names. A value that somebody changes meanwhile is never overwritten, and a run that was ended can be "
           "started "
           "again. Exit code 0 only when a last look at every value found none under an older key; 9 when values are "
           "left.",
       .takes = SettingGroup::secrets,
       .make = &make_reencrypt},
      {.name = "shell",
       .summary = "a console on the database, with SQL and dunlin's own commands",
       .details =
           "On a terminal: SQL with history and completion, \\d and its relatives, \\migrate-info, \\info and \\plan; "
           "\\? lists what there is. With -c, or through a pipe, the same without a terminal: results go to standard "
           "output, and the first error ends it. It only reads, and the server sees to that, unless --write is given. "
           "Which database: as for every command that reads (DATABASE_URL, APP_DATABASE_URL); with --write as for "
           "migrate (MIGRATION_DATABASE_URL, DATABASE_URL).",
       .takes = SettingGroup::shell,
       .make = &make_shell},
      {.name = "serve",
       .summary = "health, readiness and metrics over HTTP",
       .details =
           "Answers /health, /ready, /metrics, /api/v1/health/check_up and /api/v1/migrations until it is stopped, and "
           "never writes to the database. On an address that other machines reach, it shows them status words and "
           "numbers only, unless they bring the token of --token-file.",
       .takes = SettingGroup::serving,
       .make = &make_serve},
      {.name = "healthcheck",
       .summary = "ask a URL whether all is well, for images without curl",
       .details = "Exit code 0 for an answer below 400, 1 for everything else, as container engines want it.",
       .make = &make_healthcheck},
      {.name = "config", .summary = "effective settings and where each came from", .make = &make_config},
      {.name = "completion",
       .summary = "a completion script for bash, zsh or fish",
       .details = "bash: `dunlin completion bash > /etc/bash_completion.d/dunlin`; zsh: `dunlin completion zsh > "
                  "\"${fpath[1]}/_dunlin\"`; fish: `dunlin completion fish > ~/.config/fish/completions/dunlin.fish`.",
       .make = &make_completion},
      {.name = "help", .summary = "help for a command", .make = &make_help},
  };
  return rows;
}

}  // namespace dunlin::cli
