// Runs one statement or one backslash command and shows what it answers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dunlin/dialogue.h"
#include "dunlin/driver.h"
#include "shell/commands.h"
#include "shell/completion.h"
#include "shell/inspection.h"
#include "shell/result_writer.h"
#include "sql/statement_reader.h"

namespace dunlin::shell {

// What the console stands in. Nothing of it is null.
struct Surroundings {
  Dialect dialect = Dialect::postgres;
  bool write = false;
  // A person reads along: what a statement has done is shown beside what it answers.
  bool interactive = false;
  // Throws Failure (connect, usage).
  std::function<std::unique_ptr<Dialogue>()> connect;
  // Results.
  Write out;
  // Everything else.
  std::function<void(std::string_view)> say;
  // "app at localhost:5432 · PostgreSQL 15.8".
  std::function<std::string(const ServerInfo&)> title;
  // Runs one of dunlin's own commands; its exit code. Throws Failure.
  std::function<int(const std::vector<std::string>& words, Interrupt&)> own;
  std::vector<OwnCommand> own_commands;
};

// What a backslash command asks of who reads the input.
enum class Next { go_on, leave, run, clear, print, edit, include };

struct Done {
  Next next = Next::go_on;
  // Of one of dunlin's own commands.
  int exit_code = 0;
};

class Interpreter {
 public:
  Interpreter(Surroundings, Look);

  // One JSON document with all results: the caller writes what is before and behind them.
  void make_document() { document_ = true; }

  // Throws Failure; an error's place is in `source`, which may be empty.
  void statement(const sql::Statement&, const std::string& source, const Interrupt&);
  Done command(const CommandLine&, Interrupt&);

  // Throws Failure (connect). Without it the first statement connects.
  void connect();
  // Which database this is. Throws Failure as connect() does.
  std::string title() { return surroundings_.title(dialogue().server()); }
  const Surroundings& surroundings() const noexcept { return surroundings_; }
  TransactionState transaction() const;
  // What is open is rolled back, by leaving where the interrupt was requested; false when nothing was.
  bool roll_back(const Interrupt&);
  std::string prompt(bool continues, bool inside_quote) const;
  // Without the database's names where it does not tell them in time, or the interrupt is requested.
  Completions complete(std::string_view before, std::string_view after, Interrupt&);

 private:
  Dialogue& dialogue();
  Answer show(const SourceStatement&, const Interrupt&, const std::string& title, bool optional);
  void show_rest(const Answer&, const ResultWriter&);
  void inspect(const CommandLine&, const Interrupt&);
  Done own(const OwnCommand&, const CommandLine&, Interrupt&);
  void switch_flag(bool& flag, const CommandLine&, std::string_view what);
  void set_format(const CommandLine&);
  void set_expanded(const CommandLine&);
  Rows ask(const std::string& sql, const Interrupt&);
  void load_names(Interrupt&);
  // To the person; nothing where nobody reads along.
  void tell(const std::string& text) const;

  Surroundings surroundings_;
  Look look_;
  bool timing_ = false;
  bool document_ = false;
  std::size_t results_ = 0;
  std::unique_ptr<Dialogue> dialogue_;
  // Kept until something may have changed them.
  std::optional<Names> names_;
};

}  // namespace dunlin::shell
