// What was typed and is not run yet: cut into statements by the splitter that cuts migrations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/dialect.h"
#include "dunlin/error.h"
#include "shell/quote_state.h"
#include "sql/statement_reader.h"

namespace dunlin::shell {

struct Typed {
  // Those that their semicolon ends; lines count from the beginning of the input.
  std::vector<sql::Statement> statements;
  // What no server takes stood behind them. The rest of the input is dropped.
  std::optional<Error> error;
};

class InputBuffer {
 public:
  // `source` is what errors call the input: "stdin".
  InputBuffer(Dialect dialect, std::string source) : dialect_(dialect), source_(std::move(source)), quotes_(dialect) {}

  // Whole lines, their newlines included; but the last may lack its own.
  Typed add(std::string_view text);
  // At the end of the input: what no semicolon ended.
  Typed finish();

  // A line of the input that is no part of a statement.
  void skip_line() noexcept;

  // Nothing but blanks since the last statement.
  bool blank() const;
  // The input goes on inside of a quote or a comment.
  bool inside_quote() const noexcept { return inside_quote_; }
  const std::string& text() const noexcept { return text_; }
  void clear();

 private:
  Typed cut(bool at_end);
  void drop(std::size_t bytes);

  Dialect dialect_;
  std::string source_;
  std::string text_;
  // Of the first byte of text_.
  int line_ = 1;
  int column_ = 1;
  bool inside_quote_ = false;
  // Of the end of text_: a statement of many lines is not read again with each of them.
  QuoteState quotes_;
  std::size_t read_again_at_ = 0;
};

}  // namespace dunlin::shell
