#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "base/printable.h"
#include "cli/commands/commands.h"
#include "cli/opening.h"
#include "cli/presented_run.h"
#include "cli/render/json.h"
#include "cli/render/text_error.h"
#include "core/settle.h"

namespace dunlin::cli {
namespace {

class Resolve final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("version", version_, "the migration to settle; without it, what has to be settled is listed");
    app.add_flag("--applied", applied_, "it took effect: record it as applied");
    app.add_flag("--rolled-back", rolled_back_, "nothing of it is there: forget it, and the next run begins it anew");
    app.add_option("--statement", statement_, "settle one statement of it, counted from 1; with --done or --not-done")
        ->type_name("NUMBER");
    app.add_flag("--done", done_, "the statement took effect: the next run goes on behind it");
    app.add_flag("--not-done", not_done_, "it did not: the next run repeats it");
  }

  int run(Invocation& invocation) override {
    const int answers = int{applied_} + int{rolled_back_} + int{done_} + int{not_done_};
    if (version_.empty() || answers == 0) {
      if (statement_ != 0 || answers > 0) {
        throw Failure(ErrorKind::usage, version_.empty() ? "which version?" : "say --done or --not-done",
                      "dunlin resolve  lists what has to be settled");
      }
      return list(invocation);
    }
    const Resolution resolution = chosen(answers);
    const Project project = open_project(invocation, DatabaseUse::write);
    std::optional<std::size_t> statement;
    if (statement_ > 0) statement = static_cast<std::size_t>(statement_);
    wait_until_reachable(invocation, project);
    watched(invocation, project, [&](Observer& observer) {
      resolve(project, invocation.settings.run_options(), version_, resolution, statement, observer);
    });
    const std::string sentence = what_was_done(resolution);
    invocation.log.write(LogLevel::warning, "resolved", sentence, {{"version", version_}});
    if (invocation.json()) {
      Json json;
      json["version"] = version_;
      json["resolution"] = word(resolution);
      json["statement"] = statement ? Json(*statement) : Json(nullptr);
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    }
    invocation.say(sentence + '\n' + render_next("dunlin migrate", invocation.console.output_paint()));
    return static_cast<int>(ExitCode::done);
  }

 private:
  Resolution chosen(int answers) const {
    if (answers > 1) {
      throw Failure(ErrorKind::usage, "--applied, --rolled-back, --done and --not-done exclude each other; give one");
    }
    const bool of_statement = done_ || not_done_;
    if (of_statement && statement_ < 1) {
      throw Failure(ErrorKind::usage, "--done and --not-done are said of a statement",
                    fmt::format("dunlin resolve {} --statement NUMBER --{}", version_, done_ ? "done" : "not-done"));
    }
    if (!of_statement && statement_ != 0) {
      throw Failure(ErrorKind::usage, "a statement is settled with --done or --not-done",
                    fmt::format("dunlin resolve {} --statement {} --done", version_, statement_));
    }
    if (applied_) return Resolution::applied;
    if (rolled_back_) return Resolution::rolled_back;
    return done_ ? Resolution::statement_done : Resolution::statement_not_done;
  }

  static const char* word(Resolution resolution) {
    switch (resolution) {
      case Resolution::applied: return "applied";
      case Resolution::rolled_back: return "rolled-back";
      case Resolution::statement_done: return "done";
      case Resolution::statement_not_done: return "not-done";
    }
    return "";
  }

  std::string what_was_done(Resolution resolution) const {
    const std::string version = printable(version_);
    switch (resolution) {
      case Resolution::applied: return fmt::format("{} is recorded as applied.", version);
      case Resolution::rolled_back: return fmt::format("{} is forgotten; the next run begins it anew.", version);
      case Resolution::statement_done:
        return fmt::format("Statement {} of {} counts as done; the next run goes on behind it.", statement_, version);
      case Resolution::statement_not_done:
        return fmt::format("Statement {} of {} counts as not done; the next run repeats it.", statement_, version);
    }
    return {};
  }

  int list(const Invocation& invocation) const {
    const Project project = open_project(invocation, DatabaseUse::write);
    const auto session = connect(invocation, project, true);
    std::vector<Unsettled> open = unsettled(project, *session);
    std::erase_if(open, [&](const Unsettled& one) { return !version_.empty() && one.version.text != version_; });
    if (invocation.json()) {
      Json json;
      json["unsettled"] = Json::array();
      for (const Unsettled& one : open) {
        Json entry;
        entry["version"] = one.version.text;
        entry["name"] = one.name;
        entry["statement"] = one.statement ? Json(*one.statement) : Json(nullptr);
        entry["sql"] = one.statement_text.empty() ? Json(nullptr) : Json(one.statement_text);
        entry["evidence"] = one.evidence;
        entry["direction"] = to_string(one.direction);
        entry["recorded"] = one.recorded;
        entry["statements_done"] = one.statements_done;
        entry["commands"] = Json::array();
        for (const Way& way : ways(one)) entry["commands"].push_back(way.command);
        json["unsettled"].push_back(std::move(entry));
      }
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
      return static_cast<int>(open.empty() ? ExitCode::done : ExitCode::remains);
    }
    if (open.empty()) {
      invocation.console.out(version_.empty() ? "Nothing has to be settled.\n"
                                              : fmt::format("Nothing of {} has to be settled.\n", printable(version_)));
      return static_cast<int>(ExitCode::done);
    }
    std::string text;
    for (const Unsettled& one : open) text += describe(one);
    invocation.console.out(text);
    return static_cast<int>(ExitCode::remains);
  }

  struct Way {
    std::string when;
    std::string command;
  };

  // How it may be settled.
  static std::vector<Way> ways(const Unsettled& one) {
    const std::string resolve = "dunlin resolve " + one.version.text;
    const auto of_statement = [&](std::size_t number, std::string_view answer) {
      return fmt::format("{} --statement {} --{}", resolve, number, answer);
    };
    std::vector<Way> ways;
    if (one.goes_on)
      ways.push_back({"to go on with it:", one.direction == Direction::up ? "dunlin migrate" : "dunlin down"});
    if (!one.contradicts()) {
      if (one.statement) {
        ways.push_back({"if it took effect: ", of_statement(*one.statement, "done")});
        ways.push_back({"if it did not: ", of_statement(*one.statement, "not-done")});
      } else {
        ways.push_back({"if it took effect: ", resolve + " --applied"});
        ways.push_back({"if nothing is left:", resolve + " --rolled-back"});
      }
      return ways;
    }
    ways = {{"if all of it is there:", resolve + " --applied"}, {"if nothing of it is:", resolve + " --rolled-back"}};
    // A way down that the history takes for finished has nothing to go on with.
    if (one.direction == Direction::down) return ways;
    if (one.statement) {
      ways.push_back({fmt::format("to go on, if statement {} took effect:", *one.statement),
                      of_statement(*one.statement, "done")});
      ways.push_back({fmt::format("to go on, if statement {} did not:", *one.statement),
                      of_statement(*one.statement, "not-done")});
    } else {
      ways.push_back(
          {fmt::format("to go on behind statement {}:", one.last_done), of_statement(one.last_done, "done")});
    }
    return ways;
  }

  static std::string describe(const Unsettled& one) {
    const std::string version = printable(one.version.text);
    std::string text = fmt::format("{}  {}\n", version, printable(one.name));
    if (one.statement) text += fmt::format("  statement {}: {}\n", *one.statement, one_line(one.statement_text, 100));
    if (!one.evidence.empty()) text += fmt::format("  {}\n", printable(one.evidence));
    std::size_t width = 0;
    for (const Way& way : ways(one)) width = std::max(width, way.when.size());
    for (const Way& way : ways(one))
      text += fmt::format("  {}  {}\n", pad_right(way.when, width), printable(way.command));
    return text;
  }

  std::string version_;
  bool applied_ = false;
  bool rolled_back_ = false;
  bool done_ = false;
  bool not_done_ = false;
  int statement_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_resolve() {
  return std::make_unique<Resolve>();
}

}  // namespace dunlin::cli
