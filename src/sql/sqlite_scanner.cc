// SQLite's lexical rules (src/tokenize.c) and, for triggers, whose bodies hold semicolons, the states by which
// sqlite3_complete() finds their end (src/complete.c).
#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sql/characters.h"
#include "sql/statement_scanner.h"

namespace dunlin::sql {
namespace {

enum class Word { semicolon, other, explain, create, temporary, trigger, end };
enum class State { normal, start, explain, create, trigger, trigger_semicolon, trigger_end };

State after(State state, Word word) {
  switch (state) {
    case State::start:
      if (word == Word::explain) return State::explain;
      return word == Word::create ? State::create : State::normal;
    // EXPLAIN QUERY PLAN CREATE ...
    case State::explain:
      if (word == Word::create) return State::create;
      return word == Word::other ? State::explain : State::normal;
    case State::create:
      if (word == Word::temporary) return State::create;
      return word == Word::trigger ? State::trigger : State::normal;
    case State::trigger: return word == Word::semicolon ? State::trigger_semicolon : State::trigger;
    case State::trigger_semicolon:
      if (word == Word::end) return State::trigger_end;
      return word == Word::semicolon ? State::trigger_semicolon : State::trigger;
    case State::trigger_end: return State::trigger;
    case State::normal: break;
  }
  return State::normal;
}

Word word_of(std::string_view name) {
  switch (name.size()) {
    case 3: return is_word(name, "END") ? Word::end : Word::other;
    case 4: return is_word(name, "TEMP") ? Word::temporary : Word::other;
    case 6: return is_word(name, "CREATE") ? Word::create : Word::other;
    case 7:
      if (is_word(name, "TRIGGER")) return Word::trigger;
      return is_word(name, "EXPLAIN") ? Word::explain : Word::other;
    case 9: return is_word(name, "TEMPORARY") ? Word::temporary : Word::other;
    default: return Word::other;
  }
}

class SqliteScanner {
 public:
  explicit SqliteScanner(ScriptBuffer& buffer) : buffer_(buffer), at_(buffer.cursor) {}

  bool find(Extent& extent);

 private:
  char peek(std::size_t ahead = 0) {
    while (at_ + ahead >= buffer_.size()) {
      if (!buffer_.more(at_)) return '\0';
    }
    return buffer_.text()[at_ + ahead];
  }
  char here() {
    const char c = buffer_.text()[at_];
    return c != '\0' ? c : peek();
  }

  void skip_blank();
  void skip_line_comment();
  void skip_block_comment();
  void skip_quoted(char close);
  void refuse_shell_command();
  // To the final semicolon or the end of the script.
  void scan();

  ScriptBuffer& buffer_;
  std::size_t at_;
};

void SqliteScanner::skip_line_comment() {
  for (char c = here(); c != '\0' && c != '\n'; c = here()) ++at_;
}

// SQLite itself takes an unterminated comment for one that ends with the file, and runs nothing of what is in it.
void SqliteScanner::skip_block_comment() {
  const std::size_t opened = at_;
  at_ += 2;
  for (;;) {
    const char c = here();
    if (c == '\0') buffer_.fail(opened, 2, "unterminated comment", "close the comment that starts here with */");
    if (c == '*' && peek(1) == '/') break;
    ++at_;
  }
  at_ += 2;
}

void SqliteScanner::skip_blank() {
  buffer_.release();
  for (;;) {
    const char c = here();
    if (is_space(c) || c == ';') {
      ++at_;
    } else if (c == '-' && peek(1) == '-') {
      skip_line_comment();
    } else if (c == '/' && peek(1) == '*') {
      buffer_.mark(at_);
      buffer_.hold(at_);
      skip_block_comment();
      buffer_.release();
    } else {
      return;
    }
  }
}

// A doubled quote reads as the end of one string and the beginning of the next, which comes to the same.
void SqliteScanner::skip_quoted(char close) {
  const std::size_t opened = at_++;
  for (;;) {
    const char* rest = buffer_.text() + at_;
    const auto* found = static_cast<const char*>(std::memchr(rest, close, buffer_.size() - at_));
    if (found != nullptr) {
      at_ += static_cast<std::size_t>(found - rest) + 1;
      return;
    }
    at_ = buffer_.size();
    if (!buffer_.more(at_)) break;
  }
  if (close == '\'') buffer_.fail(opened, 1, "unterminated string", "close the string that starts here with '");
  buffer_.fail(opened, 1, "unterminated quoted name", fmt::format("close the name that starts here with {}", close));
}

void SqliteScanner::refuse_shell_command() {
  if (here() != '.' || !is_name_start(peek(1))) return;
  std::size_t length = 1;
  while (is_name_part(peek(length))) ++length;
  const std::string command(buffer_.view(at_, at_ + length));
  buffer_.fail(at_, static_cast<int>(length), fmt::format("{} is a command of the sqlite3 shell, not SQL", command),
               "take it out of the migration");
}

void SqliteScanner::scan() {
  State state = State::start;
  for (;;) {
    const char c = here();
    if (is_space(c)) {
      ++at_;
      continue;
    }
    Word word = Word::other;
    if (is_name_part(c)) {
      const std::size_t from = at_;
      while (is_name_part(here())) ++at_;
      if (state != State::normal) word = word_of(buffer_.view(from, at_));
    } else {
      switch (c) {
        case '\0': return;
        case '-':
          if (peek(1) == '-') {
            skip_line_comment();
            continue;
          }
          ++at_;
          break;
        case '/':
          if (peek(1) == '*') {
            skip_block_comment();
            continue;
          }
          ++at_;
          break;
        case '\'':
        case '"':
        case '`': skip_quoted(c); break;
        case '[': skip_quoted(']'); break;
        case ';':
          if (state < State::trigger || state == State::trigger_end) return;
          word = Word::semicolon;
          ++at_;
          break;
        default: ++at_;
      }
    }
    state = after(state, word);
  }
}

bool SqliteScanner::find(Extent& extent) {
  skip_blank();
  if (here() == '\0') {
    buffer_.cursor = at_;
    return false;
  }
  buffer_.mark(at_);
  buffer_.hold(at_);
  refuse_shell_command();
  const std::size_t start = at_;
  scan();
  extent = {start, at_};
  buffer_.cursor = at_ < buffer_.size() ? at_ + 1 : at_;
  return true;
}

}  // namespace

bool find_sqlite_statement(ScriptBuffer& buffer, Extent& extent) {
  return SqliteScanner(buffer).find(extent);
}

}  // namespace dunlin::sql
