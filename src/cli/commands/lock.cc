#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "base/printable.h"
#include "base/suggest.h"
#include "cli/commands/commands.h"
#include "cli/confirmation.h"
#include "cli/opening.h"
#include "cli/render/blocker_text.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

// Between two statements nothing is lost by ending a session; in the middle of one, or of a transaction, work is.
bool works(const LockHolder& holder) {
  return holder.who.state != "idle";
}

Json holder_json(const LockHolder& holder) {
  const Blocker& who = holder.who;
  const auto seconds = [](const auto& age) { return age ? Json(age->count()) : Json(nullptr); };
  Json json;
  json["pid"] = holder.backend.pid;
  json["since"] = holder.backend.started;
  json["user"] = who.user;
  json["host"] = who.host;
  json["application"] = who.application;
  json["state"] = who.state;
  json["state_seconds"] = seconds(who.state_age);
  json["transaction_seconds"] = seconds(who.transaction_age);
  return json;
}

std::string holder_text(const LockHolder& holder) {
  std::string text = "  " + blocker_text(holder.who) + '\n';
  if (!holder.backend.started.empty()) text += fmt::format("  connected since {}\n", printable(holder.backend.started));
  return text;
}

class Lock final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("action", action_, "status or release")->type_name("status|release");
    app.add_flag("--force", force_, "release: also when the holder is at work");
  }

  int run(Invocation& invocation) override {
    if (action_ != "status" && action_ != "release") {
      std::string hint = did_you_mean(action_, {"status", "release"});
      if (hint.empty()) hint = "dunlin lock status, or dunlin lock release";
      throw Failure(
          ErrorKind::usage,
          action_.empty() ? "dunlin lock needs a word" : fmt::format("dunlin lock does not know \"{}\"", action_),
          std::move(hint));
    }
    const bool release = action_ == "release";
    const Project project = open_project(invocation, release ? DatabaseUse::write : DatabaseUse::read);
    const auto session = connect(invocation, project, true);
    const auto lock = project.scheme->run_lock(project.driver->dialect(), session->server().database);
    const auto holders = lock ? session->lock_holders(*lock) : std::vector<LockHolder>{};
    const std::string title = database_title(session->server());
    if (!lock) {
      return answer(
          invocation, holders, false,
          fmt::format("{} has no migration lock: each migration takes the database's own write lock.\n", title));
    }
    if (holders.empty())
      return answer(invocation, holders, false, fmt::format("Nobody holds the migration lock of {}.\n", title));

    std::string text = fmt::format("The migration lock of {} is held by\n", title);
    for (const LockHolder& holder : holders) text += holder_text(holder);
    if (!release) return answer(invocation, holders, false, text);

    if (!force_ && std::ranges::any_of(holders, works)) {
      throw Failure(
          ErrorKind::safety, "the holder of the migration lock is at work: " + blocker_text(holders.front().who),
          "wait for it, or stop it with SIGTERM; dunlin lock release --force ends its session, and what that has not "
          "committed is undone");
    }
    confirm(invocation, text + "Its session will be ended; what it has not committed is undone.\n", "End it?");
    for (const LockHolder& holder : holders) {
      session->terminate(holder.backend);
      invocation.log.write(LogLevel::warning, "lock_released", "ended " + blocker_text(holder.who),
                           {{"pid", holder.backend.pid}});
    }
    std::string ended = fmt::format("Ended {}; the migration lock is free.\n", counted(holders.size(), "session"));
    // To its runner it is a connection that broke.
    if (std::ranges::any_of(holders, works)) {
      ended += "A run that is alive connects again and goes on: stop it with SIGTERM, where it runs.\n";
    }
    return answer(invocation, holders, true, ended);
  }

 private:
  static int answer(const Invocation& invocation, const std::vector<LockHolder>& holders, bool released,
                    const std::string& text) {
    if (invocation.json()) {
      Json json;
      json["held"] = !holders.empty() && !released;
      json["released"] = released;
      json["holders"] = Json::array();
      for (const LockHolder& holder : holders) json["holders"].push_back(holder_json(holder));
      invocation.console.out(document(std::move(json), invocation.console.secrets()));
    } else {
      invocation.console.out(text);
    }
    return static_cast<int>(ExitCode::done);
  }

  std::string action_;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Command> make_lock() {
  return std::make_unique<Lock>();
}

}  // namespace dunlin::cli
