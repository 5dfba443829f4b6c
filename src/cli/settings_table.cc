#include "cli/settings_table.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace dunlin::cli {
namespace {

using enum SettingKind;
using enum SettingPlaces;
using enum SettingGroup;

constexpr std::array kRows{
    SettingRow{"url", text, everywhere, database, "", "", "URL",
               "the database: postgres://user@host/name or sqlite:path (leave passwords to the environment)", true},
    SettingRow{"direct_url", text, everywhere, database, "", "", "URL",
               "the same database past its connection pooler, for commands that change the schema", true},
    SettingRow{"connect_timeout", duration, everywhere, database, "10s", "", "DURATION",
               "give up a connection attempt after this long"},
    SettingRow{"wait", duration, everywhere, database, "0s", "", "DURATION",
               "keep trying for this long while the database is unreachable"},
    SettingRow{"pooler", choice, everywhere, database, "", "transaction|session", "MODE",
               "how the pooler in between shares connections (found out by itself)"},
    SettingRow{"busy_timeout", duration, everywhere, database, "15s", "", "DURATION",
               "SQLite: wait this long for a busy database"},

    SettingRow{"dir", text, everywhere, migrations, "./migrations", "", "DIRECTORY", "the directory of migrations"},
    SettingRow{"format", text, everywhere, migrations, "", "", "NAME",
               "the layout of the directory (detected; sqlx for a new one)"},
    SettingRow{"history", text, everywhere, migrations, "", "", "NAME",
               "whose history table is kept (follows the format)"},
    SettingRow{"history_table", text, everywhere, migrations, "", "", "NAME",
               "another name for the history table; may name a schema"},

    SettingRow{"lock_wait", duration, everywhere, running, "15min", "", "DURATION",
               "wait this long for another runner; 0 does not wait"},
    SettingRow{"wait_migrated", duration, everywhere, running, "0s", "", "DURATION",
               "under a user who may not migrate: wait this long until somebody who may has done it"},
    SettingRow{"lock_timeout", duration, everywhere, running, "2s", "", "DURATION",
               "a statement waits this long for a lock, and so holds up others, before it is tried again"},
    SettingRow{"lock_retries", count, everywhere, running, "30", "", "COUNT",
               "try a migration again this often after a lock timeout, deadlock or serialization failure"},
    SettingRow{"statement_timeout", duration, everywhere, running, "0s", "", "DURATION",
               "end a statement that takes longer; 0 is no limit"},
    SettingRow{"reconnect_for", duration, everywhere, running, "30s", "", "DURATION",
               "try this long to reconnect when the connection breaks during a run"},
    SettingRow{"transaction", choice, everywhere, running, "each", "each|all|none", "SCOPE",
               "a transaction for each migration, one for all, or none"},
    SettingRow{"isolation", choice, everywhere, running, "", "read-committed|repeatable-read|serializable", "LEVEL",
               "the transactions' isolation level (the server's default)"},
    SettingRow{"allow_out_of_order", on_off, everywhere, running, "", "", "",
               "apply a migration older than the newest applied one (as the directory's own tool does)"},
    SettingRow{"ignore_missing", on_off, everywhere, running, "off", "", "",
               "go on although an applied migration has no file"},

    SettingRow{"grants", pairs, environment_and_file, running, "", "", "ROLE=ACCESS",
               "users who get readwrite or read access to what migrations make: app=readwrite,reporting=read"},
    SettingRow{"push_metrics", text, everywhere, running, "", "", "URL",
               "push the run's metrics to this Prometheus Pushgateway", true},
    SettingRow{"metrics_file", text, everywhere, running, "", "", "FILE",
               "add the run's metrics to this file, for node_exporter's textfile collector and dunlin serve"},
    SettingRow{"summary_file", text, everywhere, running, "", "", "FILE",
               "write what became of the run to this file, for /dev/termination-log of a container"},

    SettingRow{"listen", text, everywhere, serving, "127.0.0.1:8080", "", "HOST:PORT", "where serve listens"},
    SettingRow{"ready_strict", on_off, everywhere, serving, "off", "", "",
               "not ready, too, while another version's migration runs or has failed, or the database is away"},
    SettingRow{"token_file", text, everywhere, serving, "", "", "FILE",
               "the token that other machines must bring to see more than status words and numbers"},
    SettingRow{"checks", pairs, environment_and_file, serving, "", "", "CHECKS",
               "other services that check_up asks: a table NAME = \"tcp://HOST:PORT\" or \"http://...\""},

    SettingRow{"key_command", text, flag_and_environment, secrets, "", "", "COMMAND",
               "a shell command that prints the keys, the current one first, each on a line"},
    SettingRow{"encrypted_columns", list, environment_and_file, secrets, "", "", "COLUMNS",
               "what reencrypt covers besides columns called ..._encrypted: table.column; -table.column is left alone"},

    SettingRow{"shell_history", text, flag_and_environment, shell, "", "", "FILE",
               "where the console keeps what was typed (~/.local/state/dunlin/shell_history); off keeps nothing"},

    SettingRow{"yes", on_off, flag_and_environment, output, "off", "", "", "answer every question with yes", false,
               "-y"},
    SettingRow{"json", on_off, flag_only, output, "off", "", "", "one JSON document on standard output"},
    SettingRow{"quiet", on_off, flag_and_environment, output, "off", "", "",
               "only errors, warnings and what was asked for", false, "-q"},
    SettingRow{"verbose", on_off, flag_and_environment, output, "off", "", "",
               "say more (the same as --log-level debug)", false, "-v"},
    SettingRow{"log_level", choice, everywhere, output, "info", "error|warning|info|debug", "LEVEL",
               "how much is logged; RUST_LOG is understood too"},
    SettingRow{"log_format", choice, everywhere, output, "text", "text|json", "FORMAT",
               "log lines as text, or as one JSON object a line"},
    SettingRow{"log_file", text, everywhere, output, "", "", "FILE", "write the log to this file as well"},
    SettingRow{"no_color", on_off, flag_only, output, "off", "", "", "no colours; NO_COLOR does the same"},
};

}  // namespace

std::span<const SettingRow> setting_rows() {
  return kRows;
}

const SettingRow* find_setting_row(std::string_view key) {
  const auto found = std::ranges::find(kRows, key, &SettingRow::key);
  return found == kRows.end() ? nullptr : &*found;
}

std::string flag_name(const SettingRow& row) {
  std::string name = "--" + std::string(row.key);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string environment_name(const SettingRow& row) {
  std::string name = "DUNLIN_" + std::string(row.key);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

}  // namespace dunlin::cli
