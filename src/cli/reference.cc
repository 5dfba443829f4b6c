#include "cli/reference.h"

#include <array>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "base/printable.h"

namespace dunlin::cli {
namespace {

constexpr std::size_t kColumns = 100;

// What people do every day first, what they do to the database itself later.
struct HelpGroup {
  std::string_view title;
  std::vector<std::string_view> commands;
};

const std::vector<HelpGroup>& help_groups() {
  static const std::vector<HelpGroup> groups{
      {"Migrations", {"init", "new", "migrate", "info", "migrate-info", "plan", "validate", "down", "redo"}},
      {"When something is in the way", {"doctor", "resolve", "baseline", "lock", "wait", "config"}},
      {"The database itself", {"shell", "create", "drop", "reset", "dump"}},
      {"In production", {"serve", "healthcheck"}},
      {"Secrets", {"reencrypt", "keygen", "encrypt", "decrypt"}},
      {"Others", {"completion", "help"}},
  };
  return groups;
}

struct OptionText {
  std::string group;
  std::string names;  // "-y, --yes"
  std::string value;  // "DURATION", empty for a flag
  std::string description;
  std::string fallback;
  bool positional = false;
};

OptionText text_of(const CLI::Option& option) {
  OptionText text;
  text.group = option.get_group();
  text.positional = option.get_positional();
  text.description = option.get_description();
  text.fallback = option.get_default_str();
  if (option.get_items_expected_max() > 0) text.value = option.get_type_name();
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  text.names = text.positional ? option.get_name() : fmt::format("{}", fmt::join(names, ", "));
  return text;
}

std::vector<OptionText> options_of(const CLI::App& app) {
  std::vector<OptionText> options;
  for (const CLI::Option* option : app.get_options()) {
    OptionText text = text_of(*option);
    if (!text.group.empty()) options.push_back(std::move(text));
  }
  return options;
}

std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  std::size_t column = indent;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (column > indent && column + 1 + word.size() > kColumns) {
      result += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

std::string with_fallback(const OptionText& option) {
  return option.fallback.empty() ? option.description : fmt::format("{} ({})", option.description, option.fallback);
}

std::string lines_of(const std::vector<OptionText>& options, std::string_view group) {
  constexpr std::size_t kIndent = 30;
  std::string text;
  for (const OptionText& option : options) {
    if (option.group != group) continue;
    std::string head = "  " + option.names;
    if (!option.value.empty() && !option.positional) head += ' ' + option.value;
    text += head.size() + 2 > kIndent ? head + '\n' + std::string(kIndent, ' ') : pad_right(head, kIndent);
    text += wrapped(with_fallback(option), kIndent) + '\n';
  }
  return text;
}

std::string usage_of(const CommandRow& row, const std::vector<OptionText>& options) {
  std::string usage = fmt::format("dunlin {}", row.name);
  bool flags = false;
  for (const OptionText& option : options) {
    if (option.positional) {
      usage += ' ' + (option.value.find('|') == std::string::npos ? fmt::format("[{}]", option.names) : option.value);
    } else {
      flags = true;
    }
  }
  return flags ? usage + " [options]" : usage;
}

constexpr std::array<std::string_view, 7> kGroups{"Options",  "Secrets",    "Serving", "Running",
                                                  "Database", "Migrations", "Output"};

std::string table_of(const std::vector<OptionText>& options, std::string_view group) {
  std::string text;
  for (const OptionText& option : options) {
    if (option.group != group) continue;
    std::string head = option.names;
    if (!option.value.empty() && !option.positional) head += ' ' + option.value;
    std::string cell = head;
    for (std::size_t at = cell.find('|'); at != std::string::npos; at = cell.find('|', at + 2)) cell.insert(at, "\\");
    text += fmt::format("| `{}` | {} | {} |\n", cell, option.description,
                        option.fallback.empty() ? "" : fmt::format("`{}`", option.fallback));
  }
  return text.empty() ? text : "| | | Default |\n|---|---|---|\n" + text + '\n';
}

}  // namespace

std::string help_text(const CommandLine& line) {
  std::string text =
      "dunlin brings a database schema to where the application needs it, exactly once.\n\n"
      "Usage: dunlin COMMAND [options]\n";
  for (const HelpGroup& group : help_groups()) {
    text += fmt::format("\n{}:\n", group.title);
    for (const std::string_view name : group.commands) {
      const CommandRow& row = line.row_of(name);
      std::string summary(row.summary);
      if (!row.aliases.empty()) summary += fmt::format(" (also: {})", fmt::join(row.aliases, ", "));
      text += fmt::format("  {}{}\n", pad_right(row.name, 14), summary);
    }
  }
  const auto options = options_of(line.app());
  for (const std::string_view group : kGroups) {
    const std::string lines = lines_of(options, group);
    if (!lines.empty()) text += fmt::format("\n{}:\n{}", group, lines);
  }
  return text +
         "\nThe database is named by --url, DATABASE_URL (or MIGRATION_DATABASE_URL) or url in dunlin.toml.\n"
         "dunlin help COMMAND shows more of a command.\n";
}

std::string help_text(const CommandLine& line, const CommandRow& row) {
  const auto options = options_of(line.definition_of(row));
  std::string text = fmt::format("dunlin {}: {}\n\nUsage: {}\n", row.name, row.summary, usage_of(row, options));
  if (!row.aliases.empty()) text += fmt::format("Also: {}\n", fmt::join(row.aliases, ", "));
  if (!row.details.empty()) text += '\n' + wrapped(row.details, 0) + '\n';
  for (const std::string_view group : kGroups) {
    const std::string lines = lines_of(options, group);
    if (!lines.empty()) text += fmt::format("\n{}:\n{}", group, lines);
  }
  return text + "\nOptions of every command: dunlin help\n";
}

std::string reference_page(const CommandLine& line) {
  std::string text =
      "# Commands\n\n"
      "<!-- Made by `dunlin help --markdown` from the program's own definitions; a test compares. -->\n\n"
      "Exit codes are in [exit-codes.md](exit-codes.md), the documents that `--json` prints in [json.md](json.md), and "
      "every\n"
      "setting's variable and dunlin.toml key in [configuration.md](configuration.md).\n\n";
  for (const CommandRow& row : command_rows()) {
    text += fmt::format("- [`dunlin {}`](#dunlin-{}): {}\n", row.name, row.name, row.summary);
  }
  for (const CommandRow& row : command_rows()) {
    const auto options = options_of(line.definition_of(row));
    text += fmt::format("\n## dunlin {}\n\n", row.name);
    text += fmt::format("{}{}.\n\n", static_cast<char>(std::toupper(static_cast<unsigned char>(row.summary.front()))),
                        row.summary.substr(1));
    text += fmt::format("    {}\n\n", usage_of(row, options));
    if (!row.aliases.empty()) text += fmt::format("Also: `{}`.\n\n", fmt::join(row.aliases, "`, `"));
    if (!row.details.empty()) text += wrapped(row.details, 0) + "\n\n";
    text += table_of(options, "Options");
    text += table_of(options, "Secrets");
    text += table_of(options, "Serving");
    if (row.takes == SettingGroup::running) text += "It also takes the [options of a run](#options-of-a-run).\n";
    while (text.ends_with("\n\n")) text.pop_back();
  }
  text += "\n## Options of a run\n\n";
  text += table_of(options_of(line.definition_of(line.row_of("migrate"))), "Running");
  text += "## Options of every command\n\n";
  const auto common = options_of(line.app());
  for (const std::string_view group : {"Database", "Migrations", "Output"}) text += table_of(common, group);
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace dunlin::cli
