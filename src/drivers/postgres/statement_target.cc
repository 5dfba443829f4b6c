#include "drivers/postgres/statement_target.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "sql/quote.h"

namespace dunlin::postgres {
namespace {

// Reads a statement token by token; comments and blanks are skipped.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) { skip_blanks(); }

  bool take(std::string_view word) {
    const auto end = word_end();
    if (end - at_ != word.size() || end == at_) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (std::toupper(static_cast<unsigned char>(text_[at_ + i])) != word[i]) return false;
    }
    move_to(end);
    return true;
  }
  bool take(std::string_view first, std::string_view second) {
    const std::size_t before = at_;
    if (take(first) && take(second)) return true;
    at_ = before;
    return false;
  }
  bool sees(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void skip_parentheses() {
    int depth = 0;
    while (at_ < text_.size()) {
      if (text_[at_] == '(') ++depth;
      if (text_[at_] == ')' && --depth == 0) break;
      ++at_;
    }
    move_to(std::min(at_ + 1, text_.size()));
  }
  // One part of a name, folded or unquoted; empty when there is none.
  std::string part() {
    std::string name;
    if (sees('"')) {
      std::size_t at = at_ + 1;
      for (; at < text_.size(); ++at) {
        if (text_[at] == '"') {
          if (at + 1 >= text_.size() || text_[at + 1] != '"') break;
          ++at;
        }
        name += text_[at];
      }
      move_to(std::min(at + 1, text_.size()));
    } else {
      const std::size_t end = word_end();
      for (; at_ < end; ++at_) name += static_cast<char>(std::tolower(static_cast<unsigned char>(text_[at_])));
      move_to(end);
    }
    // The server cuts names at 63 bytes, never inside a character.
    if (name.size() > 63) {
      std::size_t cut = 63;
      while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0U) == 0x80U) --cut;
      name.resize(cut);
    }
    return name;
  }
  // A possibly qualified name, quoted for to_regclass; `last` gets its last part.
  std::string name(std::string& last) {
    std::string full;
    do {
      last = part();
      if (last.empty()) return {};
      full += (full.empty() ? "" : ".") + sql::quote_name(Dialect::postgres, last);
      if (!sees('.')) return full;
      move_to(at_ + 1);
    } while (true);
  }
  std::string string_literal() {
    if (!sees('\'')) return {};
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') break;
        ++at_;
      }
      value += text_[at_];
    }
    return value;
  }
  std::string_view rest() const { return text_.substr(at_); }

 private:
  std::size_t word_end() const {
    std::size_t end = at_;
    while (end < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[end]);
      if (std::isalnum(c) == 0 && c != '_' && c != '$' && c < 0x80) break;
      ++end;
    }
    return end;
  }
  void move_to(std::size_t at) {
    at_ = at;
    skip_blanks();
  }
  void skip_blanks() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
        ++at_;
      } else if (text_.substr(at_, 2) == "--") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        skip_comment();
      } else {
        return;
      }
    }
  }
  void skip_comment() {
    int depth = 0;
    do {
      if (text_.substr(at_, 2) == "/*") {
        ++depth;
        at_ += 2;
      } else if (text_.substr(at_, 2) == "*/") {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

using Kind = StatementTarget::Kind;

bool read_object(Words& words, StatementTarget& target) {
  constexpr std::array<std::string_view, 3> objects{"DATABASE", "TABLESPACE", "SUBSCRIPTION"};
  for (const std::string_view object : objects) {
    if (!words.take(object)) continue;
    target.object = object;
    words.take("IF", "EXISTS");
    target.name = target.bare_name = words.part();
    return true;
  }
  return false;
}

void read_create(Words& words, StatementTarget& target) {
  if (read_object(words, target)) {
    target.kind = Kind::create_object;
    return;
  }
  words.take("UNIQUE");
  if (!words.take("INDEX", "CONCURRENTLY")) return;
  target.kind = Kind::create_index;
  if (words.take("IF", "NOT")) target.if_not_exists = words.take("EXISTS");
  if (!words.take("ON")) {
    target.name = words.name(target.bare_name);
    words.take("ON");
  }
  words.take("ONLY");
  std::string ignored;
  target.table = words.name(ignored);
  target.definition = words.rest();
}

void read_drop(Words& words, StatementTarget& target) {
  if (read_object(words, target)) {
    target.kind = Kind::drop_object;
  } else if (words.take("INDEX", "CONCURRENTLY")) {
    words.take("IF", "EXISTS");
    target.kind = Kind::drop_index;
    target.name = words.name(target.bare_name);
  }
}

void read_reindex(Words& words, StatementTarget& target) {
  target.kind = Kind::repeatable;
  bool concurrently = false;
  if (words.sees('(')) {
    std::string options(words.rest().substr(0, words.rest().find(')')));
    std::ranges::transform(options, options.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    concurrently = options.find("CONCURRENTLY") != std::string::npos;
    words.skip_parentheses();
  }
  const bool index = words.take("INDEX");
  const bool table = !index && words.take("TABLE");
  concurrently = words.take("CONCURRENTLY") || concurrently;
  if (!concurrently || (!index && !table)) return;
  target.kind = index ? Kind::reindex_index : Kind::reindex_table;
  target.name = words.name(target.bare_name);
}

void read_alter(Words& words, StatementTarget& target) {
  if (words.take("SYSTEM") || words.take("DATABASE")) {
    target.kind = Kind::repeatable;
  } else if (words.take("TABLE")) {
    words.take("IF", "EXISTS");
    words.take("ONLY");
    std::string ignored;
    target.table = words.name(ignored);
    if (!words.take("DETACH", "PARTITION")) return;
    target.name = words.name(target.bare_name);
    if (words.take("CONCURRENTLY") || words.take("FINALIZE")) target.kind = Kind::detach;
  } else if (words.take("TYPE")) {
    target.name = words.name(target.bare_name);
    if (!words.take("ADD", "VALUE")) return;
    if (words.take("IF", "NOT")) target.if_not_exists = words.take("EXISTS");
    target.label = words.string_literal();
    if (!target.label.empty()) target.kind = Kind::add_enum_value;
  }
}

}  // namespace

StatementTarget read_target(std::string_view statement) {
  constexpr std::array<std::string_view, 8> repeatables{"VACUUM",     "ANALYZE", "ANALYSE", "CLUSTER",
                                                        "CHECKPOINT", "LOAD",    "DISCARD", "REFRESH"};
  StatementTarget target;
  Words words(statement);
  if (words.take("CREATE")) {
    read_create(words, target);
  } else if (words.take("DROP")) {
    read_drop(words, target);
  } else if (words.take("REINDEX")) {
    read_reindex(words, target);
  } else if (words.take("ALTER")) {
    read_alter(words, target);
  } else if (std::ranges::any_of(repeatables, [&](std::string_view word) { return words.take(word); })) {
    target.kind = Kind::repeatable;
  }
  return target;
}

}  // namespace dunlin::postgres
