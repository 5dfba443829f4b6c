#include "shell/commands.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/printable.h"

namespace dunlin::shell {
namespace {

constexpr auto kCommands = std::to_array<CommandRow>({
    {"d", Action::inspect, "[NAME]",
     "tables, views and sequences; of NAME its columns, indexes, constraints, triggers"},
    {"dt", Action::inspect, "[PATTERN]", "tables; * is any text, + behind any of these shows more: \\dt+ public.inv*"},
    {"di", Action::inspect, "[PATTERN]", "indexes"},
    {"dv", Action::inspect, "[PATTERN]", "views"},
    {"dm", Action::inspect, "[PATTERN]", "materialized views (PostgreSQL, like the next six)"},
    {"ds", Action::inspect, "[PATTERN]", "sequences"},
    {"df", Action::inspect, "[PATTERN]", "functions"},
    {"dT", Action::inspect, "[PATTERN]", "types, with the values of enums"},
    {"du", Action::inspect, "[PATTERN]", "roles"},
    {"dg", Action::inspect, "", ""},
    {"dx", Action::inspect, "[PATTERN]", "extensions"},
    {"l", Action::inspect, "[PATTERN]", "databases"},
    {"dn", Action::inspect, "[PATTERN]", "schemas; of SQLite the attached files"},
    {"format", Action::format, "[NAME]", "auto, aligned, expanded, json or csv"},
    {"x", Action::expanded, "[on|off|auto]", "a line for each value; auto: where a table is wider than the terminal"},
    {"t", Action::rows_only, "[on|off]", "rows only, without column names and count"},
    {"timing", Action::timing, "[on|off]", "how long each statement took"},
    {"conninfo", Action::connection, "", "which database this is"},
    {"e", Action::edit, "", "edit what is typed, or the last statement, with $EDITOR"},
    {"i", Action::include, "FILE", "run the statements in a file"},
    {"g", Action::run, "", "run what is typed, without a semicolon"},
    {"p", Action::print, "", "show what is typed and not run yet"},
    {"r", Action::clear, "", "forget it (as Ctrl-C does)"},
    {"?", Action::help, "", "this help"},
    {"h", Action::help, "", ""},
    {"help", Action::help, "", ""},
    {"q", Action::quit, "", "leave (as Ctrl-D does)"},
    {"quit", Action::quit, "", ""},
    {"exit", Action::quit, "", ""},
});

std::string help_line(std::string_view name, std::string_view argument, std::string_view summary) {
  return fmt::format("  {}{}\n", pad_right(fmt::format("\\{} {}", name, argument), 24), summary);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::span<const CommandRow> command_rows() {
  return kCommands;
}

const CommandRow* find_command(std::string_view name) {
  const auto* const found = std::ranges::find(kCommands, name, &CommandRow::name);
  return found == kCommands.end() ? nullptr : &*found;
}

std::string help_text(std::span<const OwnCommand> own, bool write) {
  std::string text =
      "SQL ends with a semicolon and may go on over several lines. Tab completes, Ctrl-R looks into the "
      "history.\n\n";
  for (const CommandRow& row : kCommands) {
    if (!row.summary.empty()) text += help_line(row.name, row.argument, row.summary);
  }
  text += "\ndunlin's own commands, with their options:\n\n";
  for (const OwnCommand& command : own) {
    if (write || !command.writes) text += help_line(command.name, "", command.summary);
  }
  if (!write)
    text += "\nThis console only reads; dunlin shell --write changes things, and has \\migrate, \\down, ...\n";
  return text;
}

bool is_command(std::string_view line) {
  while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  if (line.size() < 2 || line.front() != '\\') return false;
  return std::isalpha(static_cast<unsigned char>(line[1])) != 0 || line[1] == '?' || line[1] == '!';
}

CommandLine read_command(std::string_view line) {
  CommandLine command;
  while (!line.empty() && (is_blank(line.front()) || line.front() == '\\')) line.remove_prefix(1);
  while (!line.empty() && (is_blank(line.back()) || line.back() == ';')) line.remove_suffix(1);
  std::size_t at = 0;
  while (at < line.size() && !is_blank(line[at])) ++at;
  command.name = line.substr(0, at);
  if (command.name.size() > 1 && command.name.ends_with('+')) {
    command.more = true;
    command.name.pop_back();
  }
  while (at < line.size() && is_blank(line[at])) ++at;
  command.rest = line.substr(at);
  std::string word;
  bool inside = false;
  char quote = '\0';
  for (const char c : command.rest) {
    if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      inside = true;
    } else if (is_blank(c)) {
      if (inside) command.words.push_back(std::move(word));
      word.clear();
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (inside) command.words.push_back(std::move(word));
  return command;
}

}  // namespace dunlin::shell
