// PostgreSQL's lexical rules (src/backend/parser/scan.l, with standard_conforming_strings on) as psql applies them to
// find a statement's end (src/fe_utils/psqlscan.l).
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sql/atomic_body.h"
#include "sql/characters.h"
#include "sql/scan_cursor.h"
#include "sql/statement_scanner.h"

namespace dunlin::sql {
namespace {

class PostgresScanner : private ScanCursor {
 public:
  explicit PostgresScanner(ScriptBuffer& buffer) : ScanCursor(buffer, Dialect::postgres) {}

  bool find(Extent& extent);

 private:
  void skip_escape_string();
  bool string_continues();
  bool skip_dollar_quote();
  void skip_name();

  void take_name();
  bool take_semicolon();
  [[noreturn]] void fail_at_backslash();
  void scan();

  std::size_t start_ = 0;
  // Behind the last token.
  std::size_t end_ = 0;
  int parentheses_ = 0;
  bool after_dot_ = false;
  AtomicBody body_;
  // The last token's end where the words were first balanced.
  std::size_t lexical_end_ = 0;
};

// After the closing quote: a string goes on behind white space that holds a newline, in the same kind.
bool PostgresScanner::string_continues() {
  const std::size_t closed = at_;
  bool newline = false;
  for (;;) {
    const char c = here();
    if (c == '\'' && newline) return true;
    if (c == '-' && skip_comment()) continue;
    if (!is_space(c)) break;
    newline = newline || c == '\n' || c == '\r';
    ++at_;
  }
  at_ = closed;
  return false;
}

void PostgresScanner::skip_escape_string() {
  const std::size_t opened = at_;
  do {
    ++at_;
    for (bool inside = true; inside;) {
      switch (here()) {
        case '\0':
          buffer_.fail_open(opened, 1, "unterminated string",
                            "close the string that starts here with '; in an E'' string \\' is a quote inside it");
        case '\\': at_ += peek(1) == '\0' ? 1 : 2; break;
        case '\'':
          ++at_;
          if (here() == '\'') {
            ++at_;
          } else {
            inside = false;
          }
          break;
        default: ++at_;
      }
    }
  } while (string_continues());
}

bool PostgresScanner::skip_dollar_quote() {
  std::size_t length = 1;
  if (is_name_start(peek(1))) {
    ++length;
    while (is_name_start(peek(length)) || is_digit(peek(length))) ++length;
  }
  if (peek(length) != '$') return false;
  ++length;
  const std::size_t opened = at_;
  at_ += length;
  for (;;) {
    const std::string_view delimiter = buffer_.view(opened, opened + length);
    const std::string_view rest = buffer_.view(at_, buffer_.size());
    if (const auto found = rest.find(delimiter); found != std::string_view::npos) {
      at_ += found + length;
      return true;
    }
    // The delimiter may be half read.
    if (rest.size() >= length) at_ += rest.size() - length + 1;
    std::size_t end = buffer_.size();
    if (!buffer_.more(end)) {
      const std::string tag(buffer_.view(opened, opened + length));
      buffer_.fail_open(opened, static_cast<int>(length), fmt::format("unterminated {} string", tag),
                        fmt::format("close the string that starts here with {}", tag));
    }
  }
}

void PostgresScanner::skip_name() {
  for (;;) {
    const char* p = buffer_.text() + at_;
    while (is_name_part(*p)) ++p;
    at_ = static_cast<std::size_t>(p - buffer_.text());
    if (*p != '\0' || peek(0) == '\0') return;
  }
}

void PostgresScanner::take_name() {
  const std::size_t from = at_;
  skip_name();
  const std::string_view name = buffer_.view(from, at_);
  if (is_word(name, "E") && here() == '\'') {
    body_.token();
    skip_escape_string();
    return;
  }
  if (body_.interested() && parentheses_ == 0) body_.word(name, after_dot_);
}

// True when the statement ends here.
bool PostgresScanner::take_semicolon() {
  if (parentheses_ > 0) return false;
  if (!body_.open()) return true;
  const bool had_cut = body_.lexical_cut().has_value();
  const AtomicBody::Answer answer = body_.semicolon(buffer_.view(start_, at_));
  if (!had_cut && body_.lexical_cut()) lexical_end_ = end_;
  return answer == AtomicBody::Answer::cut;
}

void PostgresScanner::fail_at_backslash() {
  std::size_t length = 1;
  while (is_name_part(peek(length)) || (length == 1 && peek(length) == '.')) ++length;
  const std::string command(buffer_.view(at_, at_ + length));
  std::string hint = "psql understands it, no server does: take it out of the migration";
  if (command == "\\.") {
    hint = "data for COPY ... FROM stdin cannot be in a migration: use INSERT (pg_dump --inserts writes it so)";
  } else if (command == "\\restrict" || command == "\\unrestrict") {
    hint = "pg_dump writes it for psql; delete the line, it changes nothing in the schema";
  }
  const auto shown = static_cast<int>(length);
  if (length == 1) buffer_.fail(at_, shown, "a backslash outside of a string", std::move(hint));
  buffer_.fail(at_, shown, fmt::format("{} is a psql command, not SQL", command), std::move(hint));
}

void PostgresScanner::scan() {
  for (;;) {
    const char c = here();
    if (is_space(c)) {
      ++at_;
      continue;
    }
    if (is_name_start(c)) {
      take_name();
      after_dot_ = false;
      end_ = at_;
      continue;
    }
    bool dot = false;
    switch (c) {
      case '\0': body_.end_of_script(buffer_.view(start_, end_)); return;
      case '-':
      case '/':
        if (skip_comment()) continue;
        ++at_;
        break;
      case '\'':
      case '"': skip_quoted(c); break;
      case '$':
        if (!skip_dollar_quote()) ++at_;
        break;
      case ';':
        if (take_semicolon()) return;
        ++at_;
        after_dot_ = false;
        end_ = at_;
        continue;
      case '(':
        ++parentheses_;
        ++at_;
        break;
      case ')':
        if (parentheses_ > 0) --parentheses_;
        ++at_;
        break;
      case '\\': fail_at_backslash();
      case '.':
        dot = true;
        ++at_;
        break;
      default: ++at_;
    }
    after_dot_ = dot;
    body_.token();
    end_ = at_;
  }
}

bool PostgresScanner::find(Extent& extent) {
  if (!find_start()) return false;
  start_ = end_ = at_;
  try {
    scan();
  } catch (const Failure& failure) {
    // Looking past the cut for a better one met the mistake of a later statement; that one will report it.
    if (!body_.lexical_cut() || failure.error().kind != ErrorKind::source) throw;
  }
  if (const auto cut = body_.lexical_cut()) {
    at_ = start_ + *cut;
    end_ = lexical_end_;
  }
  extent = {start_, end_};
  finish_at(at_);
  return true;
}

}  // namespace

bool find_postgres_statement(ScriptBuffer& buffer, Extent& extent) {
  return PostgresScanner(buffer).find(extent);
}

}  // namespace dunlin::sql
