#include "cli/arguments.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/suggest.h"
#include "cli/other_tools.h"
#include "dunlin/error.h"

namespace dunlin::cli {
namespace {

constexpr std::string_view kHelpHint = "dunlin help lists the commands";

std::string help_group(SettingGroup group) {
  switch (group) {
    case SettingGroup::database: return "Database";
    case SettingGroup::migrations: return "Migrations";
    case SettingGroup::running: return "Running";
    case SettingGroup::secrets: return "Secrets";
    case SettingGroup::shell: return "Console";
    case SettingGroup::serving: return "Serving";
    case SettingGroup::output: return "Output";
  }
  return {};
}

bool for_every_command(SettingGroup group) {
  using enum SettingGroup;
  return group == database || group == migrations || group == output;
}

// CLI11's own words, in our style: lower case, no full stop.
std::string parser_message(const CLI::ParseError& problem) {
  std::string text = problem.what();
  while (text.ends_with('.') || text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  if (!text.empty() && text.front() != '-') {
    text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  }
  return text;
}

// "could not convert: --max-rate = x": every option that is converted is a number.
std::string conversion_message(const CLI::ConversionError& problem) {
  const std::string text = problem.what();
  const auto colon = text.find(": ");
  const auto equals = text.find(" = ");
  if (colon == std::string::npos || equals == std::string::npos || equals < colon) return parser_message(problem);
  return fmt::format("{}: \"{}\" is not a number", text.substr(colon + 2, equals - colon - 2), text.substr(equals + 3));
}

std::vector<std::string_view> names_of_commands() {
  std::vector<std::string_view> names;
  for (const CommandRow& row : command_rows()) {
    names.push_back(row.name);
    names.insert(names.end(), row.aliases.begin(), row.aliases.end());
  }
  return names;
}

std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

}  // namespace

CommandLine::CommandLine() : app_("", "dunlin") {
  app_.set_help_flag();
  app_.allow_extras();
  app_.require_subcommand(0, 1);
  app_.add_flag("-h,--help", help_, "show help, also behind a command")->group("Output");
  app_.add_flag("-V,--version", version_, "show version and commit")->group("Output");
  app_.add_option("--config", config_, "read settings from this file instead of ./dunlin.toml")
      ->type_name("FILE")
      ->group("Migrations");
  for (const SettingRow& row : setting_rows()) {
    if (for_every_command(row.group)) define_setting(app_, row);
  }
  for (const CommandRow& row : command_rows()) {
    CLI::App* sub = app_.add_subcommand(std::string(row.name), std::string(row.summary));
    sub->fallthrough();
    sub->set_help_flag();
    for (const std::string_view alias : row.aliases) sub->alias(std::string(alias));
    std::unique_ptr<Command> command = row.make();
    command->define(*sub);
    for (const SettingRow& setting : setting_rows()) {
      if (setting.group == row.takes) define_setting(*sub, setting);
    }
    defined_.push_back({&row, std::move(command), sub});
  }
}

void CommandLine::define_setting(CLI::App& app, const SettingRow& row) {
  if (row.places == SettingPlaces::environment_and_file) return;
  std::string& value = flags_[std::string(row.key)];
  std::string names = flag_name(row);
  if (!row.short_flag.empty()) names = fmt::format("{},{}", row.short_flag, names);
  CLI::Option* option = row.kind == SettingKind::on_off ? app.add_flag(names, value, std::string(row.summary))
                                                        : app.add_option(names, value, std::string(row.summary));
  option->group(help_group(row.group));
  if (row.kind != SettingKind::on_off) {
    option->type_name(std::string(row.choices.empty() ? row.placeholder : row.choices));
  }
  if (!row.fallback.empty() && row.kind != SettingKind::on_off) option->default_str(std::string(row.fallback));
}

std::string CommandLine::help_hint() const {
  const auto found = std::ranges::find_if(defined_, [](const Defined& each) { return each.app->parsed(); });
  return found == defined_.end() ? std::string(kHelpHint)
                                 : fmt::format("dunlin help {} lists its flags", found->row->name);
}

void CommandLine::parse(std::vector<std::string> words) {
  // Go's flag package spells long options with one dash; CLI11 would read them as a heap of short ones.
  for (std::string& word : words) {
    if (word == "-version" || word == "-help" || word == "-verbose") word.insert(0, "-");
  }
  take_words(std::move(words), false);
}

void CommandLine::take_words(std::vector<std::string> words, bool already_translated) {
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app_.parse(reversed);
  } catch (const CLI::ArgumentMismatch& problem) {
    const std::string text = problem.what();
    if (text.find("required") == std::string::npos) {
      throw Failure(ErrorKind::usage, parser_message(problem), help_hint());
    }
    throw Failure(ErrorKind::usage, fmt::format("{} needs a value", text.substr(0, text.find(':'))), help_hint());
  } catch (const CLI::ConversionError& problem) {
    throw Failure(ErrorKind::usage, conversion_message(problem), help_hint());
  } catch (const CLI::ParseError& problem) {
    throw Failure(ErrorKind::usage, parser_message(problem), help_hint());
  }
  for (const Defined& each : defined_) {
    if (!each.app->parsed()) continue;
    row_ = each.row;
    command_ = each.command.get();
  }
  const std::vector<std::string> left = app_.remaining(true);
  if (row_ == nullptr && !left.empty() && !left.front().starts_with('-') && !already_translated) {
    const std::string& word = left.front();
    std::vector<std::string> ours = translated_command(word);
    if (!ours.empty()) {
      const auto at = std::ranges::find(words, word);
      const auto rest = words.erase(at);
      words.insert(rest, ours.begin(), ours.end());
      app_.clear();
      return take_words(std::move(words), true);
    }
  }
  for (std::size_t i = 0; i < left.size(); ++i) refuse_leftover(std::span(left).subspan(i));
}

void CommandLine::refuse_leftover(std::span<const std::string> left) const {
  const std::string& word = left.front();
  if (row_ == nullptr) {
    if (word.starts_with('-')) refuse_flag(word);
    std::string hint = answer_to_command(word);
    if (hint.empty()) hint = did_you_mean(word, names_of_commands());
    throw Failure(ErrorKind::usage, fmt::format("there is no command \"{}\"", word),
                  hint.empty() ? std::string(kHelpHint) : hint);
  }
  if (redundant_word(row_->name, word)) return;
  std::string hint = answer_to_word(row_->name, word);
  if (hint.empty() && word.starts_with('-')) refuse_flag(word);
  if (hint.empty()) {
    const auto names = names_of_commands();
    const bool command = std::ranges::find(names, word) != names.end();
    // A URL may hold a password.
    const bool shown = std::ranges::none_of(left, [](const std::string& one) { return one.find(':') != one.npos; });
    hint = command ? fmt::format("dunlin {}", shown ? fmt::format("{}", fmt::join(left, " ")) : word)
                   : fmt::format("dunlin help {} shows what it takes", row_->name);
  }
  throw Failure(ErrorKind::usage, fmt::format("dunlin {} does not take \"{}\"", row_->name, word), std::move(hint));
}

void CommandLine::refuse_flag(const std::string& flag) const {
  const std::string name = flag.substr(0, flag.find('='));
  std::vector<std::string> known = flags_of(app_);
  const CLI::App* own = nullptr;
  if (row_ != nullptr) {
    own = &definition_of(*row_);
    const auto more = flags_of(*own);
    known.insert(known.end(), more.begin(), more.end());
  }
  std::string hint;
  if (const std::string ours = our_flag(name); !ours.empty()) hint = fmt::format("dunlin calls it {}", ours);
  std::vector<std::string_view> elsewhere;
  for (const Defined& each : defined_) {
    const auto theirs = flags_of(*each.app);
    if (each.app != own && std::ranges::find(theirs, name) != theirs.end()) elsewhere.push_back(each.row->name);
  }
  if (hint.empty() && elsewhere.size() > 4) hint = fmt::format("{} is for commands that run migrations", name);
  if (hint.empty() && !elsewhere.empty()) {
    hint = fmt::format("{} is for dunlin {}", name, fmt::join(elsewhere, ", dunlin "));
  }
  if (hint.empty()) hint = did_you_mean(name, {known.begin(), known.end()});
  if (hint.empty()) {
    hint = row_ == nullptr ? std::string(kHelpHint) : fmt::format("dunlin help {} lists its flags", row_->name);
  }
  throw Failure(ErrorKind::usage,
                row_ == nullptr ? fmt::format("there is no flag {}", name)
                                : fmt::format("dunlin {} has no flag {}", row_->name, name),
                std::move(hint));
}

void CommandLine::offer_flags(Settings& settings) const {
  for (const auto& [key, value] : flags_) {
    const std::string name = flag_name(*find_setting_row(key));
    const CLI::App* own = row_ == nullptr ? nullptr : &definition_of(*row_);
    const CLI::Option* option = app_.get_option_no_throw(name);
    if (option == nullptr && own != nullptr) option = own->get_option_no_throw(name);
    if (option != nullptr && option->count() > 0) {
      settings.offer(key, value, {.kind = SourceKind::flag, .name = name});
    }
  }
}

const CommandRow& CommandLine::row_of(std::string_view name) const {
  for (const Defined& each : defined_) {
    if (each.row->name == name || std::ranges::find(each.row->aliases, name) != each.row->aliases.end())
      return *each.row;
  }
  std::string hint = did_you_mean(name, names_of_commands());
  throw Failure(ErrorKind::usage, fmt::format("there is no command \"{}\"", name),
                hint.empty() ? std::string(kHelpHint) : hint);
}

const CLI::App& CommandLine::definition_of(const CommandRow& row) const {
  return *std::ranges::find(defined_, &row, &Defined::row)->app;
}

}  // namespace dunlin::cli
