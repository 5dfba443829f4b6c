#include "shell/interactive.h"

#include <algorithm>

#include "shell/batch.h"
#include "shell/cancellation.h"
#include "shell/external_editor.h"
#include "shell/input_buffer.h"
#include "shell/line_editor.h"

namespace dunlin::shell {
namespace {

class Conversation {
 public:
  Conversation(Interpreter& interpreter, History& history, Interrupt& stop, std::function<void(const Error&)> report)
      : interpreter_(interpreter),
        history_(history),
        stop_(stop),
        report_(std::move(report)),
        cancellation_(stop),
        buffer_(interpreter.surroundings().dialect, {}),
        editor_(stop, [this](std::string_view before, std::string_view after) { return complete(before, after); }) {
    for (const std::string& entry : history_.load()) editor_.remember(entry);
  }

  void run() {
    while (!leaving_ && !stop_.requested()) {
      const Line line = editor_.read(interpreter_.prompt(!buffer_.blank(), buffer_.inside_quote()));
      if (line.end == LineEnd::closed) break;
      if (line.end == LineEnd::cancelled) {
        buffer_.clear();
      } else {
        take(line.text);
      }
    }
    const Interrupt& leaving = stop_.requested() ? stop_ : cancellation_.fresh();
    if (interpreter_.roll_back(leaving)) interpreter_.surroundings().say("The open transaction was rolled back.\n");
  }

 private:
  Completions complete(std::string_view before, std::string_view after) {
    const std::string typed = buffer_.text();
    Completions found = interpreter_.complete(typed + std::string(before), after, cancellation_.fresh());
    cancellation_.rest();
    found.from = std::max(found.from, typed.size()) - typed.size();
    return found;
  }

  void take(const std::string& line) {
    const bool first = buffer_.blank();
    if (first && line.find_first_not_of(" \t") == std::string::npos) return;
    if (!buffer_.inside_quote() && is_command(line)) {
      if (first) keep(line);
      guarded([&] { obey(read_command(line)); });
    } else if (first && (line == "exit" || line == "quit")) {
      leaving_ = true;
    } else if (first && line == "help") {
      guarded([&] { obey(read_command("\\?")); });
    } else if (first && line.starts_with('.')) {
      report_(Failure(ErrorKind::usage, "commands begin with a backslash here", "\\? lists them").error());
    } else {
      feed(line + '\n');
    }
  }

  void feed(const std::string& text) {
    const std::string before = buffer_.text();
    const Typed typed = buffer_.add(text);
    if (!typed.statements.empty() || typed.error) keep(before + text);
    run_all(typed);
  }

  void run_all(const Typed& typed) {
    bool good = true;
    for (const sql::Statement& statement : typed.statements) {
      // What somebody typed is shown by itself in an error, wherever it stood.
      sql::Statement alone = statement;
      alone.line = alone.column = 1;
      last_ = statement.text + ";";
      good = guarded([&] { interpreter_.statement(alone, {}, cancellation_.fresh()); });
      if (!good) break;
    }
    if (good && typed.error) {
      Error error = *typed.error;
      error.where.file.clear();
      error.hint = "end the statement with a semicolon; backslash commands have a line of their own";
      report_(error);
    }
  }

  void obey(const CommandLine& command) {
    const Done done = interpreter_.command(command, cancellation_.fresh());
    switch (done.next) {
      case Next::leave: leaving_ = true; break;
      case Next::run: {
        keep(buffer_.text());
        run_all(buffer_.finish());
        break;
      }
      case Next::clear: buffer_.clear(); break;
      case Next::print: interpreter_.surroundings().out(buffer_.text()); break;
      case Next::edit: edit(); break;
      case Next::include: include(command); break;
      case Next::go_on: break;
    }
  }

  void edit() {
    const std::string edited = edit_outside(buffer_.blank() ? last_ : buffer_.text());
    buffer_.clear();
    interpreter_.surroundings().out(edited);
    feed(edited);
  }

  void include(const CommandLine& command) {
    Batch batch(interpreter_, cancellation_.fresh());
    batch.include(command);
  }

  bool guarded(const std::function<void()>& work) {
    bool good = true;
    try {
      work();
    } catch (const Failure& failure) {
      good = false;
      if (failure.error().kind == ErrorKind::interrupted) {
        interpreter_.surroundings().say("\nCancelled.\n");
      } else {
        report_(failure.error());
      }
    }
    cancellation_.rest();
    return good;
  }

  void keep(std::string entry) {
    while (entry.ends_with('\n')) entry.pop_back();
    if (!may_be_kept(entry)) return;
    editor_.remember(entry);
    history_.add(entry);
  }

  Interpreter& interpreter_;
  History& history_;
  Interrupt& stop_;
  std::function<void(const Error&)> report_;
  Cancellation cancellation_;
  InputBuffer buffer_;
  LineEditor editor_;
  std::string last_;
  bool leaving_ = false;
};

}  // namespace

void converse(Interpreter& interpreter, History& history, Interrupt& stop,
              const std::function<void(const Error&)>& report) {
  Conversation(interpreter, history, stop, report).run();
}

}  // namespace dunlin::shell
