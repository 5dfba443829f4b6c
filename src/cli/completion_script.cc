#include "cli/completion_script.h"

#include <vector>

#include <fmt/format.h>

namespace dunlin::cli {
namespace {

struct Flag {
  std::vector<std::string> names;    // with dashes
  std::vector<std::string> choices;  // of its value
  bool takes_value = false;
  bool takes_path = false;
  std::string description;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('|', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

bool is_choice(const std::string& type) {
  return type.find('|') != std::string::npos;
}

std::vector<Flag> flags_of(const CLI::App& app) {
  std::vector<Flag> flags;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty() || option->get_positional()) continue;
    Flag flag;
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    flag.takes_value = option->get_items_expected_max() > 0;
    const std::string type = option->get_type_name();
    flag.takes_path = flag.takes_value && (type == "FILE" || type == "DIRECTORY");
    if (flag.takes_value && is_choice(type)) flag.choices = split(type);
    flag.description = option->get_description();
    flags.push_back(std::move(flag));
  }
  return flags;
}

// The words a command takes in its first place, where it takes some of a few.
std::vector<std::string> words_of(const CommandRow& row, const CLI::App& app) {
  if (row.name == "help") {
    std::vector<std::string> names;
    for (const CommandRow& each : command_rows()) names.emplace_back(each.name);
    return names;
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() && is_choice(option->get_type_name())) return split(option->get_type_name());
  }
  return {};
}

std::string names_of(const std::vector<Flag>& flags) {
  std::string text;
  for (const Flag& flag : flags) {
    for (const std::string& name : flag.names) text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

std::string all_commands() {
  std::string text;
  for (const CommandRow& row : command_rows()) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", row.name);
    for (const std::string_view alias : row.aliases) text += fmt::format(" {}", alias);
  }
  return text;
}

// Inside single quotes.
std::string shell_text(std::string_view text) {
  std::string result;
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result;
}

// In zsh's specifications brackets and colons mean something.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : shell_text(text)) {
    if (c == '[' || c == ']' || c == ':') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_flags(const std::vector<Flag>& flags) {
  std::string text;
  for (const Flag& flag : flags) {
    for (const std::string& name : flag.names) {
      std::string value;
      if (flag.takes_path) value = ":path:_files";
      if (flag.takes_value && !flag.takes_path)
        value = ":value:" + (flag.choices.empty() ? std::string() : fmt::format("({})", fmt::join(flag.choices, " ")));
      text += fmt::format(" \\\n        '{}[{}]{}'", name, zsh_text(flag.description), value);
    }
  }
  return text;
}

}  // namespace

std::string bash_completion(const CommandLine& line) {
  const auto common = flags_of(line.app());
  std::string values;
  std::string commands;
  const auto add_values = [&values](const std::vector<Flag>& flags) {
    for (const Flag& flag : flags) {
      if (!flag.takes_value) continue;
      const std::string reply = flag.takes_path        ? "COMPREPLY=($(compgen -f -- \"$current\"))"
                                : flag.choices.empty() ? ":"
                                                       : fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\"))",
                                                                     fmt::join(flag.choices, " "));
      values += fmt::format("    {}) {}; return ;;\n", fmt::join(flag.names, "|"), reply);
    }
  };
  add_values(common);
  for (const CommandRow& row : command_rows()) {
    const CLI::App& app = line.definition_of(row);
    const auto flags = flags_of(app);
    add_values(flags);
    std::string pattern(row.name);
    for (const std::string_view alias : row.aliases) pattern += fmt::format("|{}", alias);
    commands += fmt::format("    {}) words='{} {}' ;;\n", pattern, fmt::join(words_of(row, app), " "), names_of(flags));
  }
  return fmt::format(
      "# bash completion for dunlin; made by `dunlin completion bash`\n"
      "_dunlin() {{\n"
      "  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" previous=\"${{COMP_WORDS[COMP_CWORD-1]}}\" command= words= i\n"
      "  COMPREPLY=()\n"
      "  case \"$previous\" in\n{}  esac\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \" {} \" in *\" ${{COMP_WORDS[i]}} \"*) command=\"${{COMP_WORDS[i]}}\"; break ;; esac\n"
      "  done\n"
      "  case \"$command\" in\n"
      "    '') words='{}' ;;\n{}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words {}\" -- \"$current\"))\n"
      "}}\n"
      "complete -F _dunlin dunlin\n",
      values, all_commands(), all_commands(), commands, names_of(common));
}

std::string zsh_completion(const CommandLine& line) {
  std::string list;
  std::string cases;
  for (const CommandRow& row : command_rows()) {
    const CLI::App& app = line.definition_of(row);
    std::string pattern(row.name);
    list += fmt::format("    '{}:{}'\n", row.name, zsh_text(row.summary));
    for (const std::string_view alias : row.aliases) {
      pattern += fmt::format("|{}", alias);
      list += fmt::format("    '{}:{}'\n", alias, zsh_text(row.summary));
    }
    const auto words = words_of(row, app);
    const std::string place =
        words.empty() ? std::string() : fmt::format(" \\\n        '1:word:({})'", fmt::join(words, " "));
    cases += fmt::format("    {})\n      _arguments $common{}{}\n      ;;\n", pattern, zsh_flags(flags_of(app)), place);
  }
  return fmt::format(
      "#compdef dunlin\n"
      "# zsh completion for dunlin; made by `dunlin completion zsh`\n"
      "_dunlin() {{\n"
      "  local -a commands common\n"
      "  local line state\n"
      "  common=({}\n  )\n"
      "  commands=(\n{}  )\n"
      "  _arguments -C $common '1:command:->command' '*::argument:->argument'\n"
      "  case $state in\n"
      "  command) _describe command commands ;;\n"
      "  argument)\n"
      "    case $line[1] in\n{}    esac\n"
      "    ;;\n"
      "  esac\n"
      "}}\n"
      "_dunlin \"$@\"\n",
      zsh_flags(flags_of(line.app())), list, cases);
}

std::string fish_completion(const CommandLine& line) {
  std::string text = "# fish completion for dunlin; made by `dunlin completion fish`\ncomplete -c dunlin -f\n";
  const auto add_flags = [&text](const std::vector<Flag>& flags, const std::string& condition) {
    for (const Flag& flag : flags) {
      text += "complete -c dunlin" + condition;
      for (const std::string& name : flag.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (flag.takes_value) text += flag.takes_path ? " -r -F" : " -x";
      if (!flag.choices.empty()) text += fmt::format(" -a '{}'", fmt::join(flag.choices, " "));
      text += fmt::format(" -d '{}'\n", shell_text(flag.description));
    }
  };
  add_flags(flags_of(line.app()), "");
  for (const CommandRow& row : command_rows()) {
    text +=
        fmt::format("complete -c dunlin -n __fish_use_subcommand -a {} -d '{}'\n", row.name, shell_text(row.summary));
    std::string names(row.name);
    for (const std::string_view alias : row.aliases) names += fmt::format(" {}", alias);
    const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", names);
    const CLI::App& app = line.definition_of(row);
    add_flags(flags_of(app), condition);
    const auto words = words_of(row, app);
    if (!words.empty()) text += fmt::format("complete -c dunlin{} -a '{}'\n", condition, fmt::join(words, " "));
  }
  return text;
}

}  // namespace dunlin::cli
