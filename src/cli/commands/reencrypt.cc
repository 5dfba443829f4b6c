#include <charconv>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/keys.h"
#include "cli/opening.h"
#include "cli/render/count_bar.h"
#include "cli/render/json.h"
#include "cli/render/rotation_report.h"
#include "secrets/column_choice.h"
#include "secrets/reencryption.h"
#include "sql/quote.h"

namespace dunlin::cli {
namespace {

using secrets::Rotation;
using secrets::RotationProgress;

// After an interrupt: for each answer, where a connection broke.
constexpr std::chrono::milliseconds kToFindOut{2'000};
// How often a log is told.
constexpr std::chrono::seconds kTold{10};

// As a check of an option: CLI::Range says its limits in the help of every value.
auto between(std::size_t least, std::size_t most) {
  return [=](const std::string& text) {
    std::size_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = problem == std::errc() && end == text.data() + text.size();
    return whole && number >= least && number <= most
               ? std::string()
               : fmt::format("\"{}\" is no number between {} and {}", text, least, most);
  };
}

// A policy that hides rows becomes an error (PostgreSQL): hidden rows would be neither changed nor missed. Behind a
// pooler the setting would reach others.
std::unique_ptr<Session> showing_all_rows(std::unique_ptr<Session> session, Dialect dialect) {
  if (dialect == Dialect::postgres && !session->server().pooled) {
    session->query("SELECT pg_catalog.set_config('row_security', 'off', false)");
  }
  return session;
}

class Reencrypt final : public Command {
 public:
  void define(CLI::App& app) override {
    auto* dry_run = app.add_flag("-n,--dry-run", dry_run_, "count and decrypt what would be changed; change nothing");
    auto* verify = app.add_flag("--verify", verify_, "decrypt every value; change nothing");
    auto* rewrap = app.add_flag("--rewrap-only", rewrap_,
                                "keep each value's data key and wrap it anew: quicker, for a key that has not leaked");
    dry_run->excludes(verify);
    rewrap->excludes(verify);
    app.add_option("-b,--batch-size", options_.batch_size, "so many values in a statement")
        ->type_name("COUNT")
        ->check(between(1, 10'000))
        ->capture_default_str();
    app.add_option("-t,--table", tables_, "this table's columns only; may be given several times")->type_name("TABLE");
    app.add_option("--concurrency", options_.concurrency, "so many sessions at work")
        ->type_name("COUNT")
        ->check(between(1, 32))
        ->capture_default_str();
    app.add_option("--max-rate", options_.max_rate, "change at most so many values a second; 0 is no limit")
        ->type_name("COUNT")
        ->capture_default_str();
  }

  int run(Invocation& invocation) override {
    options_.rotation = verify_    ? Rotation::verify
                        : dry_run_ ? Rotation::rehearse
                        : rewrap_  ? Rotation::rewrap
                                   : Rotation::reencrypt;
    const bool read_only = verify_ || dry_run_;
    const Keyring ring = keyring(invocation);
    const Database database = open_database(invocation, DatabaseUse::read);
    const Dialect dialect = database.driver->dialect();
    std::unique_ptr<Session> session = showing_all_rows(connect(invocation, database, read_only), dialect);
    const ServerInfo server = session->server();
    secrets::ColumnChoice choice =
        secrets::choose_columns(*session, dialect, invocation.settings.list("encrypted_columns"), tables_, ring);
    if (choice.covered.empty() && choice.left_out.empty()) {
      throw Failure(
          ErrorKind::usage,
          fmt::format("{} has no column of encrypted values: none is called ..._encrypted", database_title(server)),
          "name the columns in dunlin.toml: encrypted_columns = [\"table.column\"]");
    }
    invocation.log.write(
        LogLevel::info, "rotation_started",
        fmt::format("{} · {} of encrypted values · key {}", database_title(server),
                    choice.covered.size() == 1 ? "1 column" : fmt::format("{} columns", choice.covered.size()),
                    ring.primary_id()));
    const secrets::OpenSession open = [&] {
      if (session) return std::move(session);
      SessionOptions options = database.session;
      options.read_only = read_only;
      if (invocation.interrupt.requested()) {
        options.interrupt = nullptr;
        options.connect_timeout = options.answer_timeout = kToFindOut;
      }
      return showing_all_rows(database.driver->open(database.url, options), dialect);
    };
    RotationOutcome outcome{.rotation = options_.rotation,
                            .key_id = ring.primary_id(),
                            .report = rotate(invocation, open, dialect, choice.covered, ring, server.user),
                            .left_out = std::move(choice.left_out)};
    show(invocation, outcome, server);
    if (outcome.report.interrupted) return exit_code(ErrorKind::interrupted, invocation.interrupt.signal());
    return static_cast<int>(outcome.complete() ? ExitCode::done : ExitCode::left_undone);
  }

 private:
  secrets::RotationReport rotate(const Invocation& invocation, const secrets::OpenSession& open, Dialect dialect,
                                 const std::vector<secrets::EncryptedColumn>& columns, const Keyring& ring,
                                 const std::string& user) const {
    Console& console = invocation.console;
    std::optional<CountBar> bar;
    if (console.terminals().error && !invocation.log.on_stderr() && !invocation.quiet()) {
      bar.emplace(CountBar::Screen{.write = [&console](std::string_view text) { console.err(text); },
                                   .columns = [&console] { return console.columns(); }},
                  invocation.clock);
    }
    auto told = invocation.clock.now();
    const secrets::OnProgress on_progress = [&](const RotationProgress& progress) {
      const std::string column = progress.column->shown();
      // A bar that begins again has to say why.
      if (bar)
        bar->show(progress.done, progress.of,
                  progress.pass == 1
                      ? column
                      : fmt::format("look {} at what was written meanwhile · {}", progress.pass, column));
      if (invocation.clock.now() - told < kTold) return;
      told = invocation.clock.now();
      invocation.log.write(LogLevel::info, "rotation_progress",
                           fmt::format("pass {}: {} of {} values read, {} changed", progress.pass, progress.done,
                                       progress.of, progress.changed));
    };
    try {
      return secrets::rotate(open, dialect, columns, ring, options_, &invocation.interrupt, invocation.clock,
                             on_progress);
    } catch (const Failure& failure) {
      Error error = failure.error();
      if (error.kind == ErrorKind::connect) {
        error.hint = "what is changed stays changed; the same command goes on from there when the server is back";
      } else if (error.sqlstate == "42501" && error.hint.empty()) {
        error.hint = rights(dialect, columns, user);
      }
      throw Failure(std::move(error));
    }
  }

  std::string rights(Dialect dialect, const std::vector<secrets::EncryptedColumn>& columns,
                     const std::string& user) const {
    std::set<std::string> tables;
    for (const secrets::EncryptedColumn& column : columns) {
      tables.insert(sql::quote_name(dialect, column.table));
    }
    const bool read_only = options_.rotation == Rotation::verify || options_.rotation == Rotation::rehearse;
    return fmt::format("as the owner: GRANT SELECT{} ON {} TO {};", read_only ? "" : ", UPDATE",
                       fmt::join(tables, ", "), sql::quote_name(dialect, user));
  }

  static void show(const Invocation& invocation, const RotationOutcome& outcome, const ServerInfo& server) {
    if (invocation.json()) {
      invocation.console.out(document(rotation_json(outcome, server.database), invocation.console.secrets()));
    } else {
      invocation.console.out(render_rotation(outcome, invocation.console.output_paint()));
    }
  }

  secrets::RotationOptions options_;
  std::vector<std::string> tables_;
  bool dry_run_ = false;
  bool verify_ = false;
  bool rewrap_ = false;
};

}  // namespace

std::unique_ptr<Command> make_reencrypt() {
  return std::make_unique<Reencrypt>();
}

}  // namespace dunlin::cli
