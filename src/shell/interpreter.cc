#include "shell/interpreter.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/printable.h"
#include "base/suggest.h"
#include "shell/collector.h"
#include "shell/json_writer.h"
#include "shell/time_limit.h"
#include "sql/traits.h"

namespace dunlin::shell {
namespace {

// Who pressed Tab waits no longer for the names of tables.
constexpr std::chrono::seconds kNamesWithin{2};

// The server's line is the statement's, so it is shown as it stands in the input: blanks are in the place of what came
// before it.
std::string line_of(const sql::Statement& statement, int line) {
  const auto before = static_cast<std::size_t>(std::max(statement.column - 1, 0));
  const auto script = Script::from_text(std::string(before, ' ') + statement.text, {}).open();
  return sql::line_text(*script, line, statement.line);
}

const OwnCommand* find_own(const std::vector<OwnCommand>& commands, std::string_view name) {
  for (const OwnCommand& command : commands) {
    if (command.name == name || std::ranges::find(command.aliases, name) != command.aliases.end()) return &command;
  }
  return nullptr;
}

[[noreturn]] void fail_unknown(const std::string& name, const std::vector<OwnCommand>& own) {
  std::vector<std::string_view> names;
  for (const CommandRow& row : command_rows()) names.push_back(row.name);
  for (const OwnCommand& command : own) names.push_back(command.name);
  const std::string near = nearest(name, names);
  throw Failure(ErrorKind::usage, fmt::format("there is no command \\{}", name),
                near.empty() ? "\\? lists the commands" : fmt::format("did you mean \\{}?", near));
}

}  // namespace

Interpreter::Interpreter(Surroundings surroundings, Look look) : surroundings_(std::move(surroundings)), look_(look) {}

void Interpreter::connect() {
  dialogue_ = surroundings_.connect();
}

Dialogue& Interpreter::dialogue() {
  if (!dialogue_) connect();
  return *dialogue_;
}

TransactionState Interpreter::transaction() const {
  return dialogue_ ? dialogue_->transaction() : TransactionState::none;
}

bool Interpreter::roll_back(const Interrupt& interrupt) {
  if (transaction() == TransactionState::none) return false;
  if (interrupt.requested()) {
    dialogue_.reset();
    return true;
  }
  Collector nobody;
  if (dialogue_->run({"ROLLBACK", {}}, interrupt, nobody).lost) dialogue_.reset();
  return true;
}

void Interpreter::tell(const std::string& text) const {
  if (surroundings_.interactive)
    surroundings_.out(text);
  else
    surroundings_.say(text);
}

void Interpreter::statement(const sql::Statement& statement, const std::string& source, const Interrupt& interrupt) {
  const std::string command = sql::classify(surroundings_.dialect, statement.text).command;
  if (command != "SELECT" && command != "SHOW") names_.reset();
  Answer answer = show({statement.text, {source, statement.line, statement.column, 0}}, interrupt, {}, false);
  if (!answer.error) return;
  Error& error = *answer.error;
  if (error.where.line > 0) {
    error.where.file = source;
    error.line_text = line_of(statement, error.where.line);
  }
  if (answer.lost) {
    dialogue_.reset();
    error.hint = "the next statement connects again; what was not committed is gone";
  }
  throw Failure(std::move(error));
}

Answer Interpreter::show(const SourceStatement& statement, const Interrupt& interrupt, const std::string& title,
                         bool optional) {
  Dialogue& talk = dialogue();
  std::string head;
  if (document_) {
    head = results_++ == 0 ? "\n{" : ",\n{";
    if (!title.empty()) head += fmt::format("\"title\": {}, ", json_string(title));
    head += "\"rows\": ";
  } else if (!title.empty() && (look_.format != Format::json && look_.format != Format::csv) && !look_.rows_only) {
    head = printable(title) + '\n';
  }
  // What has no rows and may be left out is left out with its title.
  bool headed = document_ || !optional;
  if (headed && !head.empty()) surroundings_.out(head);
  Look look = look_;
  if (document_) look.format = Format::json;
  const auto writer = make_writer(look, surroundings_.out);
  Held held(*writer, [&] {
    if (!headed && !head.empty()) surroundings_.out(head);
    headed = true;
  });
  RowSink& sink = optional && !document_ ? static_cast<RowSink&>(held) : *writer;
  Answer answer = talk.run(statement, interrupt, sink);
  // What failed before its first row has shown nothing.
  if (document_ || !answer.error || writer->rows() > 0) writer->finish();
  if (headed) show_rest(answer, *writer);
  return answer;
}

void Interpreter::show_rest(const Answer& answer, const ResultWriter& writer) {
  if (document_) {
    if (!writer.has_columns()) surroundings_.out("null");
    const std::string tag = answer.error ? "null" : json_string(answer.tag);
    surroundings_.out(fmt::format(", \"command\": {}}}", tag));
  } else if (!answer.error) {
    if (!writer.has_columns() && !answer.tag.empty()) tell(answer.tag + '\n');
    if (surroundings_.interactive && writer.has_columns()) surroundings_.out("\n");
  }
  if (timing_) tell(fmt::format("Time: {}\n", format_duration(answer.took)));
}

Rows Interpreter::ask(const std::string& sql, const Interrupt& interrupt) {
  Collector rows;
  Answer answer = dialogue().run({sql, {}}, interrupt, rows);
  if (answer.lost) dialogue_.reset();
  if (answer.error) throw Failure(std::move(*answer.error));
  return rows.take();
}

void Interpreter::inspect(const CommandLine& command, const Interrupt& interrupt) {
  const Wanted wanted{command.name, command.more, command.rest};
  const auto queries =
      shell::inspect(surroundings_.dialect, wanted, [&](const std::string& sql) { return ask(sql, interrupt); });
  if (!queries) {
    throw Failure(ErrorKind::usage, fmt::format("this database has nothing that \\{} could show", command.name),
                  "\\? lists the commands");
  }
  for (const Inspection& query : *queries) {
    Answer answer = show({query.sql, {}}, interrupt, query.title, query.optional);
    if (answer.lost) dialogue_.reset();
    if (answer.error) throw Failure(std::move(*answer.error));
  }
}

Done Interpreter::command(const CommandLine& command, Interrupt& interrupt) {
  if (const OwnCommand* ours = find_own(surroundings_.own_commands, command.name))
    return own(*ours, command, interrupt);
  const CommandRow* row = find_command(command.name);
  if (row == nullptr && command.name.starts_with('!')) {
    throw Failure(ErrorKind::usage, "this console runs no programs", "dunlin shell --sh is a system shell");
  }
  if (row == nullptr) fail_unknown(command.name, surroundings_.own_commands);
  switch (row->action) {
    case Action::inspect: inspect(command, interrupt); break;
    case Action::format: set_format(command); break;
    case Action::expanded: set_expanded(command); break;
    case Action::rows_only: switch_flag(look_.rows_only, command, "Rows only"); break;
    case Action::timing: switch_flag(timing_, command, "Timing"); break;
    case Action::connection: tell(title() + '\n'); break;
    case Action::help: tell(help_text(surroundings_.own_commands, surroundings_.write)); break;
    case Action::quit: return {.next = Next::leave};
    case Action::run: return {.next = Next::run};
    case Action::clear: return {.next = Next::clear};
    case Action::print: return {.next = Next::print};
    case Action::edit: return {.next = Next::edit};
    case Action::include: return {.next = Next::include};
  }
  return {};
}

Done Interpreter::own(const OwnCommand& command, const CommandLine& line, Interrupt& interrupt) {
  if (document_) {
    throw Failure(ErrorKind::usage, fmt::format("\\{} cannot be a part of this JSON document", command.name),
                  fmt::format("dunlin {} --json", command.name));
  }
  if (command.writes && !surroundings_.write) {
    throw Failure(ErrorKind::safety, fmt::format("\\{} changes things, and this console only reads", command.name),
                  "dunlin shell --write");
  }
  if (command.writes && transaction() != TransactionState::none) {
    throw Failure(ErrorKind::usage, fmt::format("\\{} would wait for the transaction that is open here", command.name),
                  "COMMIT or ROLLBACK it first");
  }
  std::vector<std::string> words{std::string(command.name)};
  words.insert(words.end(), line.words.begin(), line.words.end());
  names_.reset();
  return {.exit_code = surroundings_.own(words, interrupt)};
}

void Interpreter::switch_flag(bool& flag, const CommandLine& command, std::string_view what) {
  const std::string word = command.words.empty() ? (flag ? "off" : "on") : command.words.front();
  if (word != "on" && word != "off") {
    throw Failure(ErrorKind::usage, fmt::format("\\{} takes on or off, not {}", command.name, word));
  }
  flag = word == "on";
  tell(fmt::format("{} is {}.\n", what, word));
}

void Interpreter::set_format(const CommandLine& command) {
  if (!command.words.empty()) {
    const auto format = format_named(command.words.front());
    if (!format) {
      throw Failure(ErrorKind::usage, fmt::format("\"{}\" is no format", command.words.front()),
                    fmt::format("one of {}", kFormatNames));
    }
    look_.format = *format;
  }
  tell(fmt::format("Results are shown {}.\n", to_string(look_.format)));
}

void Interpreter::set_expanded(const CommandLine& command) {
  const bool on = look_.format == Format::expanded;
  const std::string word = command.words.empty() ? (on ? "off" : "on") : command.words.front();
  if (word != "on" && word != "off" && word != "auto") {
    throw Failure(ErrorKind::usage, fmt::format("\\x takes on, off or auto, not {}", word));
  }
  look_.format = word == "on" ? Format::expanded : word == "auto" ? Format::automatic : Format::aligned;
  tell(fmt::format("Results are shown {}.\n", to_string(look_.format)));
}

std::string Interpreter::prompt(bool continues, bool inside_quote) const {
  std::string text = dialogue_ ? printable(dialogue_->server().database) : "(not connected)";
  if (surroundings_.write) text += "[write]";
  if (inside_quote) return text + "'> ";
  if (continues) return text + "-> ";
  const TransactionState state = transaction();
  return text + (state == TransactionState::open ? "=*> " : state == TransactionState::failed ? "=!> " : "=> ");
}

Completions Interpreter::complete(std::string_view before, std::string_view after, Interrupt& interrupt) {
  std::vector<std::string> commands;
  for (const CommandRow& row : command_rows()) commands.push_back('\\' + std::string(row.name));
  for (const OwnCommand& command : surroundings_.own_commands) {
    if (surroundings_.write || !command.writes) commands.push_back('\\' + std::string(command.name));
  }
  std::ranges::sort(commands);
  try {
    load_names(interrupt);
  } catch (const Failure&) {
    // Whatever it is, the next statement will say so; until then nobody waits for it again.
    if (dialogue_) names_.emplace();
  }
  return shell::complete(surroundings_.dialect, before, after, names_ ? *names_ : Names{}, commands);
}

void Interpreter::load_names(Interrupt& interrupt) {
  if (names_ || !dialogue_ || transaction() == TransactionState::failed) return;
  // To cancel it would fail an open transaction: then only the person may.
  std::optional<TimeLimit> limit;
  if (transaction() == TransactionState::none) limit.emplace(interrupt, kNamesWithin);
  Names names;
  for (const Row& row : ask(names_query(surroundings_.dialect), interrupt)) {
    const std::string schema = row[0].value_or("");
    const std::string name = row[1].value_or("");
    if (names.relations.empty() || names.relations.back().schema != schema || names.relations.back().name != name) {
      names.relations.push_back({.schema = schema, .name = name, .visible = row[2] == "1", .columns = {}});
    }
    if (row[3]) names.relations.back().columns.push_back(*row[3]);
  }
  names_ = std::move(names);
}

}  // namespace dunlin::shell
