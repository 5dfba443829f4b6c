// Whether a text that comes line by line is inside of a quote or a comment: what the statement reader would find,
// without reading from the statement's beginning again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "dunlin/dialect.h"

namespace dunlin::shell {

class QuoteState {
 public:
  explicit QuoteState(Dialect dialect) : postgres_(dialect == Dialect::postgres) {}

  // Whole lines, their newlines included; the last may lack its own. True when something that ends a statement or may
  // be an error stands outside of quotes and comments: a semicolon, a backslash, a NUL byte.
  bool take(std::string_view lines);
  bool inside() const noexcept { return kind_ != Kind::none; }
  void clear();

 private:
  enum class Kind { none, quoted, escapes, dollar, comment };

  // Each gives where to go on.
  std::size_t leave(std::string_view text, std::size_t at);
  std::size_t leave_escapes(std::string_view text, std::size_t at);
  std::size_t leave_comment(std::string_view text, std::size_t at);
  std::size_t skip(std::string_view text, std::size_t at, bool& ends);
  std::size_t open(Kind kind, std::size_t at);
  std::size_t open_dollar(std::string_view text, std::size_t at);

  bool postgres_;
  Kind kind_ = Kind::none;
  // What closes it.
  std::string closing_;
  int depth_ = 0;
  // Behind an E'' string, which goes on in a quote that follows in another line.
  bool may_go_on_ = false;
  bool goes_on_ = false;
};

}  // namespace dunlin::shell
