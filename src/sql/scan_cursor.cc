#include "sql/scan_cursor.h"

#include <cstring>

#include <fmt/format.h>

#include "sql/characters.h"

namespace dunlin::sql {

void ScanCursor::skip_line_comment() {
  // To PostgreSQL a lone carriage return ends the line too.
  for (char c = here(); c != '\0' && c != '\n' && !(c == '\r' && postgres_); c = here()) ++at_;
}

// PostgreSQL's nest. SQLite takes an unterminated one to end with the file, and runs nothing of what is in it: that is
// never what was meant.
void ScanCursor::skip_block_comment() {
  const std::size_t opened = at_;
  int depth = 1;
  at_ += 2;
  while (depth > 0) {
    const char c = here();
    if (c == '\0') buffer_.fail_open(opened, 2, "unterminated comment", "close the comment that starts here with */");
    if (c == '*' && peek(1) == '/') {
      --depth;
      at_ += 2;
    } else if (c == '/' && postgres_ && peek(1) == '*') {
      ++depth;
      at_ += 2;
    } else {
      ++at_;
    }
  }
}

bool ScanCursor::skip_comment() {
  const char c = here();
  if (c == '-' && peek(1) == '-') {
    skip_line_comment();
    return true;
  }
  if (c == '/' && peek(1) == '*') {
    skip_block_comment();
    return true;
  }
  return false;
}

bool ScanCursor::find_start() {
  buffer_.release();
  for (;;) {
    const char c = here();
    if (is_space(c) || c == ';') {
      ++at_;
    } else if (c == '/' && peek(1) == '*') {
      // Held, so that its beginning can be shown when it does not end.
      buffer_.mark(at_);
      buffer_.hold(at_);
      skip_block_comment();
      buffer_.release();
    } else if (!skip_comment()) {
      break;
    }
  }
  buffer_.cursor = at_;
  if (here() == '\0') return false;
  buffer_.mark(at_);
  buffer_.hold(at_);
  return true;
}

void ScanCursor::skip_quoted(char close) {
  const std::size_t opened = at_++;
  for (;;) {
    const char* rest = buffer_.text() + at_;
    const auto* found = static_cast<const char*>(std::memchr(rest, close, buffer_.size() - at_));
    if (found == nullptr) {
      at_ = buffer_.size();
      if (buffer_.more(at_)) continue;
      if (close == '\'')
        buffer_.fail_open(opened, 1, "unterminated string", "close the string that starts here with '");
      buffer_.fail_open(opened, 1, "unterminated quoted name",
                        fmt::format("close the name that starts here with {}", close));
    }
    at_ += static_cast<std::size_t>(found - rest) + 1;
    if (close == ']' || here() != close) return;
    ++at_;
  }
}

void ScanCursor::finish_at(std::size_t end) {
  buffer_.terminated = end < buffer_.size();
  buffer_.cursor = buffer_.terminated ? end + 1 : end;
}

}  // namespace dunlin::sql
