#include "shell/completion.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "shell/keywords.h"
#include "shell/result_writer.h"
#include "sql/quote.h"
#include "sql/tokens.h"

namespace dunlin::shell {
namespace {

using sql::Token;
using sql::Tokens;

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '"' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool same_letters(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_letters(text.substr(0, prefix.size()), prefix);
}

// Quoted where it has to be.
std::string written(Dialect dialect, const std::string& name) {
  const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
                     std::ranges::all_of(name, [&](unsigned char c) {
                       return c == '_' || std::isdigit(c) != 0 || std::islower(c) != 0 ||
                              (dialect == Dialect::sqlite && std::isupper(c) != 0);
                     });
  return plain ? name : sql::quote_name(dialect, name);
}

// Behind these stands a table.
constexpr auto kBeforeTable = std::to_array<std::string_view>(
    {"FROM", "JOIN", "INTO", "UPDATE", "TABLE", "ONLY", "VIEW", "TRUNCATE", "ANALYZE", "REFERENCES", "COPY"});
// And these name the tables whose columns a statement may speak of.
constexpr auto kNaming = std::to_array<std::string_view>({"FROM", "JOIN", "INTO", "UPDATE", "TABLE"});

bool is_one_of(const Token& token, const auto& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return token.is(word); });
}

// Tables by what the statement calls them, themselves among it.
std::multimap<std::string, std::string> tables_named(Dialect dialect, std::string_view statement) {
  std::multimap<std::string, std::string> tables;
  Tokens tokens(dialect, statement);
  while (!tokens.peek().is_end()) {
    if (!is_one_of(tokens.take(), kNaming)) continue;
    do {
      const sql::QualifiedName name = sql::take_name(dialect, tokens);
      if (name.name.empty()) break;
      tables.emplace(name.name, name.name);
      tokens.accept("AS");
      const Token alias = tokens.peek();
      if (alias.is_name() && !is_one_of(alias, keywords()))
        tables.emplace(sql::name_of(dialect, tokens.take()), name.name);
    } while (tokens.accept(','));
  }
  return tables;
}

class Completer {
 public:
  Completer(Dialect dialect, std::string_view before, std::string_view after, const Names& names)
      : dialect_(dialect), names_(names), statement_(before) {
    std::size_t from = before.size();
    while (from > 0 && in_word(before[from - 1])) --from;
    found_.from = from;
    word_ = before.substr(from);
    before_ = before.substr(0, from);
    if (before_.ends_with('.')) {
      std::size_t begin = before_.size() - 1;
      while (begin > 0 && in_word(before_[begin - 1])) --begin;
      qualifier_ = before_.substr(begin, before_.size() - 1 - begin);
    }
    statement_ += after;
  }

  Completions sql() {
    Token last;
    for (Tokens tokens(dialect_, before_); !tokens.peek().is_end();) last = tokens.take();
    // Inside of a string.
    if (last.kind == Token::Kind::text && before_.ends_with(last.text) && !closed(last.text)) return found_;
    if (!qualifier_.empty()) {
      qualified();
    } else if (last.is_end()) {
      words(command_words(dialect_));
    } else if (is_one_of(last, kBeforeTable)) {
      relations({});
    } else {
      columns_of_statement();
      if (!word_.empty()) words(keywords());
      if (!word_.empty()) words(command_words(dialect_));
    }
    return take();
  }

  Completions relations_only() {
    relations(qualifier_);
    return take();
  }

 private:
  static bool closed(std::string_view text) { return text.size() > 1 && (text.ends_with('\'') || text.ends_with('$')); }

  void add(std::string word) { set_.insert(std::move(word)); }
  void offer(const std::string& name) {
    std::string_view typed = word_;
    if (typed.starts_with('"')) typed.remove_prefix(1);
    if (begins_with(name, typed))
      add(word_.starts_with('"') ? sql::quote_name(dialect_, name) : written(dialect_, name));
  }
  // As large or small as what was typed.
  void words(std::span<const std::string_view> known) {
    const bool small = !word_.empty() && std::islower(static_cast<unsigned char>(word_.front())) != 0;
    for (const std::string_view word : known) {
      if (begins_with(word, word_)) add(small ? sql::small_of(word) : std::string(word));
    }
  }
  void relations(std::string_view schema) {
    for (const Names::Relation& relation : names_.relations) {
      // The server's own are many, and wanted by who has begun to type one.
      const bool own = relation.schema == "pg_catalog" || relation.schema == "information_schema";
      if (own && schema.empty() && word_.empty()) continue;
      if (schema.empty() ? relation.visible : same_letters(relation.schema, schema)) offer(relation.name);
      if (schema.empty() && !relation.schema.empty() && !relation.visible) offer(relation.schema);
    }
  }
  void columns_of(std::string_view table) {
    for (const Names::Relation& relation : names_.relations) {
      if (!same_letters(relation.name, table)) continue;
      for (const std::string& column : relation.columns) offer(column);
    }
  }
  void columns_of_statement() {
    for (const auto& [called, table] : tables_named(dialect_, statement_)) columns_of(table);
  }
  void qualified() {
    for (const auto& [called, table] : tables_named(dialect_, statement_)) {
      if (same_letters(called, qualifier_)) columns_of(table);
    }
    if (set_.empty()) columns_of(qualifier_);
    relations(qualifier_);
  }
  Completions take() {
    found_.words.assign(set_.begin(), set_.end());
    return std::move(found_);
  }

  Dialect dialect_;
  const Names& names_;
  std::string statement_;
  std::string_view word_;
  std::string_view before_;
  std::string_view qualifier_;
  std::set<std::string> set_;
  Completions found_;
};

}  // namespace

Completions complete(Dialect dialect, std::string_view before, std::string_view after, const Names& names,
                     const std::vector<std::string>& commands) {
  const auto start = before.find_first_not_of(" \t\n");
  if (start == std::string_view::npos || before[start] != '\\') return Completer(dialect, before, after, names).sql();

  const std::string_view line = before.substr(start);
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) {
    Completions found{.from = start, .words = {}};
    for (const std::string& command : commands) {
      if (command.starts_with(line)) found.words.push_back(command);
    }
    return found;
  }
  if (line.substr(0, blank) == "\\format") {
    Completions found{.from = before.rfind(' ') + 1, .words = {}};
    for (const Format format : {Format::automatic, Format::aligned, Format::expanded, Format::json, Format::csv}) {
      if (to_string(format).starts_with(before.substr(found.from))) found.words.emplace_back(to_string(format));
    }
    return found;
  }
  return Completer(dialect, before, after, names).relations_only();
}

}  // namespace dunlin::shell
