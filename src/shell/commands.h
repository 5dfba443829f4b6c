// The backslash commands: their list, and how a line of one is read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::shell {

enum class Action {
  inspect,
  format,
  expanded,
  rows_only,
  timing,
  connection,
  help,
  quit,
  run,
  clear,
  print,
  edit,
  include,
};

struct CommandRow {
  std::string_view name;
  Action action;
  std::string_view argument;  // as help shows it
  std::string_view summary;   // empty: another name of one that help shows
};

std::span<const CommandRow> command_rows();
// Null when there is none of that name.
const CommandRow* find_command(std::string_view name);

// One of dunlin's own commands that may be run from here.
struct OwnCommand {
  std::string_view name;
  std::vector<std::string_view> aliases;
  std::string_view summary;
  bool writes = false;
};

std::string help_text(std::span<const OwnCommand> own, bool write);

struct CommandLine {
  std::string name;   // "dt"
  bool more = false;  // a plus behind it
  std::vector<std::string> words;
  std::string rest;  // what stands behind the name, as it is
};

// Whether the line is a backslash command: the first thing in it is a backslash and a letter, ? or !.
bool is_command(std::string_view line);
// Words are cut at blanks; quotes keep them together, except where a pattern needs them (\d "a b").
CommandLine read_command(std::string_view line);

}  // namespace dunlin::shell
