// The command line: its definition, which help, completion and the reference are made from, and its parsing.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/settings.h"

namespace dunlin::cli {

class CommandLine {
 public:
  CommandLine();

  // `words` without the program's own name. Throws Failure (usage), with the nearest word or our word for another
  // tool's.
  void parse(std::vector<std::string> words);

  // Null when only the program itself was asked for something: help or its version.
  const CommandRow* row() const noexcept { return row_; }
  Command* command() const noexcept { return command_; }
  bool wants_help() const noexcept { return help_; }
  bool wants_version() const noexcept { return version_; }
  // The file --config names; empty when it was not given.
  const std::string& config() const noexcept { return config_; }
  void offer_flags(Settings&) const;

  // The definitions.
  const CLI::App& app() const noexcept { return app_; }
  // Throws Failure (usage) with the nearest name. `name` may be an alias.
  const CommandRow& row_of(std::string_view name) const;
  const CLI::App& definition_of(const CommandRow&) const;

 private:
  struct Defined {
    const CommandRow* row;
    std::unique_ptr<Command> command;
    CLI::App* app;
  };

  void define_setting(CLI::App&, const SettingRow&);
  // Of the command that has been read so far.
  std::string help_hint() const;
  void take_words(std::vector<std::string> words, bool already_translated);
  void refuse_leftover(std::span<const std::string> left) const;
  [[noreturn]] void refuse_flag(const std::string& flag) const;

  CLI::App app_;
  std::vector<Defined> defined_;
  std::map<std::string, std::string, std::less<>> flags_;  // by the setting's key
  std::string config_;
  bool help_ = false;
  bool version_ = false;
  const CommandRow* row_ = nullptr;
  Command* command_ = nullptr;
};

}  // namespace dunlin::cli
