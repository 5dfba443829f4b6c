#include "cli/other_tools.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

namespace dunlin::cli {
namespace {

struct Translation {
  std::string_view word;
  std::vector<std::string> words;
};

const std::vector<Translation>& translations() {
  static const std::vector<Translation> rows{
      {"run", {"migrate"}},                        // sqlx, tern
      {"apply", {"migrate"}},                      // Atlas
      {"deploy", {"migrate"}},                     // Prisma, sqitch
      {"latest", {"migrate"}},                     // knex
      {"up-to", {"migrate", "--to"}},              // goose
      {"up-by-one", {"migrate", "--steps", "1"}},  // goose
      {"down-to", {"down", "--to"}},               // goose
      {"undo", {"down"}},                          // Flyway, MSR
      {"history", {"info"}},                       // Liquibase
      {"check", {"validate"}},
  };
  return rows;
}

struct Answer {
  std::string_view word;
  std::string_view text;
};

constexpr std::array kAnswers{
    Answer{"goto",
           "dunlin migrate --to V goes up to V, dunlin down --to V goes back to it; dunlin info shows where you are"},
    Answer{"force",
           "dunlin resolve V --applied (or --rolled-back) settles one version; dunlin baseline --version V adopts a "
           "schema"},
    Answer{"version", "dunlin info shows the schema's version; dunlin --version shows this program's"},
    Answer{"repair",
           "dunlin validate --fix-checksums accepts changed files; dunlin resolve V settles a failed migration"},
    Answer{"clean", "dunlin drop removes the database, dunlin reset makes it anew"},
    Answer{"fix", "dunlin numbers new migrations as the directory does; rename a file to change its version"},
    Answer{"mark", "dunlin resolve V --applied marks one version, dunlin baseline --version V all up to it"},
    Answer{"refresh", "dunlin reset makes the database anew; dunlin down --all and then dunlin migrate keeps it"},
    Answer{"sh", "dunlin is the image's entry point: docker run -it --entrypoint sh IMAGE"},
    Answer{"bash", "dunlin is the image's entry point: docker run -it --entrypoint bash IMAGE"},
    Answer{"test", "dunlin plan shows what migrate would do, dunlin migrate --dry-run too"},
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kFlags{{
    {"-path", "--dir"},
    {"--path", "--dir"},
    {"-source", "--dir"},
    {"--source", "--dir"},
    {"-dir", "--dir"},
    {"-d", "--dir"},
    {"--migrations-dir", "--dir"},
    {"--locations", "--dir"},
    {"-database", "--url"},
    {"--database", "--url"},
    {"--database-url", "--url"},
    {"-u", "--url"},
    {"--target-version", "--to"},
    {"--target", "--to"},
}};

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::vector<std::string> translated_command(std::string_view word) {
  for (const Translation& row : translations()) {
    if (row.word == word) return row.words;
  }
  return {};
}

std::string answer_to_command(std::string_view word) {
  for (const Answer& row : kAnswers) {
    if (row.word == word) return std::string(row.text);
  }
  return {};
}

std::string our_flag(std::string_view flag) {
  for (const auto& [theirs, ours] : kFlags) {
    if (theirs == flag) return std::string(ours);
  }
  return {};
}

bool redundant_word(std::string_view command, std::string_view word) {
  return command == "migrate" && (word == "run" || word == "up");
}

std::string answer_to_word(std::string_view command, std::string_view word) {
  if (command == "create")
    return fmt::format("dunlin create makes the database; dunlin new {} makes a migration", word);
  if (command != "migrate" && command != "down" && command != "redo") return {};
  std::string_view bare = word;
  while (bare.starts_with('-') || bare.starts_with('+')) bare.remove_prefix(1);
  if (!is_number(bare)) return {};
  if (command == "redo") return fmt::format("dunlin redo --steps {}", bare);
  // A long number can only be a version; a short one may be either.
  const std::string to = fmt::format("dunlin {} --to {}", command, bare);
  if (bare.size() >= 8) return to;
  return fmt::format("dunlin {} --steps {} for that many migrations, {} for that version", command, bare, to);
}

}  // namespace dunlin::cli
