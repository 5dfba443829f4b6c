#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <stdio_ext.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/printable.h"
#include "cli/commands/commands.h"
#include "cli/inner_command.h"
#include "cli/opening.h"
#include "cli/render/json.h"
#include "cli/render/subject.h"
#include "cli/render/text_error.h"
#include "shell/batch.h"
#include "shell/history.h"
#include "shell/interactive.h"

namespace dunlin::cli {
namespace {

// What the console can run of dunlin itself.
struct Inner {
  std::string_view name;
  bool writes = false;
};
constexpr auto kInner = std::to_array<Inner>({{"info"},
                                              {"migrate-info"},
                                              {"plan"},
                                              {"validate"},
                                              {"lock"},
                                              {"dump"},
                                              {"config"},
                                              {"migrate", true},
                                              {"down", true},
                                              {"redo", true},
                                              {"baseline", true},
                                              {"resolve", true},
                                              {"new", true}});

std::vector<shell::OwnCommand> own_commands() {
  std::vector<shell::OwnCommand> commands;
  for (const Inner& inner : kInner) {
    const auto& rows = command_rows();
    const auto row = std::ranges::find(rows, inner.name, &CommandRow::name);
    commands.push_back({inner.name, row->aliases, row->summary, inner.writes});
  }
  return commands;
}

// In the place of this process: with commands, it runs those and leaves, and its exit code is ours.
[[noreturn]] void become_system_shell(const std::vector<std::string>& commands) {
  // A shell takes one -c.
  std::string script;
  for (const std::string& command : commands) script += (script.empty() ? "" : "\n") + command;
  const char* wanted = std::getenv("SHELL");
  for (const char* program : {wanted, "/bin/bash", "/bin/sh"}) {
    if (program == nullptr || *program != '/') continue;
    if (commands.empty()) {
      ::execl(program, program, nullptr);
    } else {
      ::execl(program, program, "-c", script.c_str(), nullptr);
    }
  }
  throw Failure(ErrorKind::usage, "there is no system shell here, neither $SHELL nor /bin/bash nor /bin/sh",
                "dunlin shell is the console on the database; kubectl debug brings a shell of its own");
}

std::string variable(const Invocation& invocation, std::string_view name) {
  const auto found = invocation.environment.find(name);
  return found ? found->value : std::string();
}

std::string history_path(const Invocation& invocation) {
  const std::string& named = invocation.settings.text("shell_history");
  if (named == "off") return {};
  if (!named.empty()) return named;
  return shell::default_history_path(variable(invocation, "XDG_STATE_HOME"), variable(invocation, "HOME"));
}

// Of standard output, a pipe.
bool reader_gone() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

class Shell final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("-c,--command", commands_,
                   "run this, SQL or a backslash command, and leave; may be given several times")
        ->type_name("COMMAND")
        ->allow_extra_args(false);
    app.add_flag("--write", write_, "change things, too, as the user that migrations run as");
    app.add_option("-o,--output", output_, "how results are shown (on a terminal auto, else aligned)")
        ->type_name("auto|aligned|expanded|json|csv");
    app.add_flag("-t,--tuples-only", rows_only_, "rows only, without column names and count");
    app.add_flag("--sh", system_shell_,
                 "a system shell in the place of the console, where the image has one; -c is for it then");
  }

  int run(Invocation& invocation) override {
    if (system_shell_) become_system_shell(commands_);
    const Terminals& terminals = invocation.console.terminals();
    const bool interactive = commands_.empty() && terminals.input && terminals.output && !invocation.json();
    const Database database = open_database(invocation, write_ ? DatabaseUse::write : DatabaseUse::read);
    shell::Interpreter interpreter(surroundings(invocation, database, interactive), look(invocation, interactive));
    interpreter.connect();
    if (!interactive) return run_batch(invocation, interpreter);

    invocation.say(fmt::format("{} · {}\nSQL ends with a semicolon. \\? lists the commands, \\q leaves.\n",
                               interpreter.title(), write_ ? "WRITING" : "only reading: --write changes things"));
    shell::History history(history_path(invocation));
    shell::converse(interpreter, history, invocation.interrupt, [&](const Error& error) {
      const Paint& paint = invocation.console.error_paint();
      invocation.console.err(render_error(error, paint) + render_next(error.hint, paint));
    });
    if (invocation.interrupt.requested()) return exit_code(ErrorKind::interrupted, invocation.interrupt.signal());
    return static_cast<int>(ExitCode::done);
  }

 private:
  shell::Look look(const Invocation& invocation, bool interactive) const {
    shell::Look look;
    look.format = interactive ? shell::Format::automatic : shell::Format::aligned;
    if (!output_.empty()) {
      const auto named = shell::format_named(output_);
      if (!named) {
        throw Failure(ErrorKind::usage, fmt::format("--output: \"{}\" is no format", output_),
                      fmt::format("one of {}", shell::kFormatNames));
      }
      look.format = *named;
    }
    look.rows_only = rows_only_;
    const bool terminal = invocation.console.terminals().output;
    look.colour = terminal && invocation.console.output_paint().bold("x") != "x";
    look.columns = terminal ? invocation.console.columns() : 0;
    return look;
  }

  shell::Surroundings surroundings(const Invocation& invocation, const Database& database, bool interactive) const {
    Console& console = invocation.console;
    shell::Surroundings around;
    around.dialect = database.driver->dialect();
    around.write = write_;
    around.interactive = interactive;
    around.connect = [this, &invocation, &database] { return connect(invocation, database); };
    // Rows are what was asked for: a value that happens to be like a password stays what it is.
    around.out = [&console](std::string_view text) {
      console.out_unmasked(text);
      return console.arrives();
    };
    around.say = [&invocation](std::string_view text) {
      if (!invocation.quiet()) invocation.console.err(text);
    };
    around.title = &title;
    around.own = [this, &invocation](const std::vector<std::string>& words, Interrupt& interrupt) {
      return run_inner_command(invocation, words, interrupt, !write_);
    };
    around.own_commands = own_commands();
    return around;
  }

  std::unique_ptr<Dialogue> connect(const Invocation& invocation, const Database& database) const {
    SessionOptions options = database.session;
    options.read_only = !write_;
    // A person waits for a lock as long as it pleases, and has Ctrl-C.
    options.lock_timeout = std::chrono::milliseconds{0};
    options.on_notice = [&invocation](const ServerNotice& notice) {
      invocation.console.err(fmt::format("{}: {}\n", printable(notice.severity), printable(notice.message)));
    };
    std::unique_ptr<Dialogue> dialogue = open_dialogue(invocation, database, options);
    if (!dialogue) throw Failure(ErrorKind::usage, "there is no console for this kind of database");
    return dialogue;
  }

  static std::string title(const ServerInfo& server) {
    std::string text = database_title(server);
    if (!server.product.empty()) text += " · " + printable(server.product);
    if (!server.user.empty()) text += " · " + printable(server.user);
    return text;
  }

  int run_batch(const Invocation& invocation, shell::Interpreter& interpreter) {
    Console& console = invocation.console;
    try {
      const int code = invocation.json() ? run_document(invocation, interpreter) : run_input(invocation, interpreter);
      console.flush();
      return code;
    } catch (const Failure& failure) {
      // A statement whose rows nobody takes is interrupted, too.
      const ErrorKind kind = failure.error().kind;
      const bool by_output = kind == ErrorKind::io || kind == ErrorKind::interrupted;
      if (console.arrives() || !by_output || invocation.interrupt.requested()) throw;
      if (!reader_gone()) console.flush();
      // As other programs end before `head`.
      ::__fpurge(stdout);
      std::clearerr(stdout);
      return 128 + SIGPIPE;
    }
  }

  int run_input(const Invocation& invocation, shell::Interpreter& interpreter) {
    shell::Batch batch(interpreter, invocation.interrupt);
    const int code = commands_.empty() ? batch.run(stdin, "stdin") : batch.run(commands_);
    if (code == 0) batch.finish();
    return code;
  }

  // {"results": [...]}, with "error" where one ended it.
  int run_document(const Invocation& invocation, shell::Interpreter& interpreter) {
    Console& console = invocation.console;
    interpreter.make_document();
    console.out_unmasked("{\"results\": [");
    try {
      const int code = run_input(invocation, interpreter);
      console.out_unmasked("\n]}\n");
      return code;
    } catch (const Failure& failure) {
      if (!console.arrives()) throw;
      const std::string error = document(error_json(failure.error()), console.secrets());
      console.out_unmasked(fmt::format("\n],\n\"error\": {}}}\n", error));
      console.flush();
      const Paint& paint = console.error_paint();
      console.err(render_error(failure.error(), paint) + render_next(failure.error().hint, paint));
      return exit_code(failure.error().kind, invocation.interrupt.signal());
    }
  }

  std::vector<std::string> commands_;
  std::string output_;
  bool write_ = false;
  bool rows_only_ = false;
  bool system_shell_ = false;
};

}  // namespace

std::unique_ptr<Command> make_shell() {
  return std::make_unique<Shell>();
}

}  // namespace dunlin::cli
