// SQLite's lexical rules (src/tokenize.c) and, for triggers, whose bodies hold semicolons, the states by which
// sqlite3_complete() finds their end (src/complete.c).
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sql/characters.h"
#include "sql/scan_cursor.h"
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

class SqliteScanner : private ScanCursor {
 public:
  explicit SqliteScanner(ScriptBuffer& buffer) : ScanCursor(buffer, Dialect::sqlite) {}

  bool find(Extent& extent);

 private:
  void refuse_shell_command();
  // To the final semicolon or the end of the script.
  void scan();
};

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
        case '/':
          if (skip_comment()) continue;
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
  if (!find_start()) return false;
  refuse_shell_command();
  const std::size_t start = at_;
  scan();
  extent = {start, at_};
  finish_at(at_);
  return true;
}

}  // namespace

bool find_sqlite_statement(ScriptBuffer& buffer, Extent& extent) {
  return SqliteScanner(buffer).find(extent);
}

}  // namespace dunlin::sql
