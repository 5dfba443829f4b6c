#include "shell/input_buffer.h"

#include <algorithm>

#include "base/utf8.h"
#include "dunlin/script.h"

namespace dunlin::shell {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::size_t kReadAgain = 64 * 1024;

}  // namespace

Typed InputBuffer::add(std::string_view text) {
  const bool first = blank();
  text_ += text;
  const bool may_end = quotes_.take(text);
  // What is wrong with the text is said before it has grown to twice its length.
  if (first || may_end || text_.size() >= read_again_at_) return cut(false);
  inside_quote_ = quotes_.inside();
  return {};
}

Typed InputBuffer::finish() {
  return cut(true);
}

bool InputBuffer::blank() const {
  return text_.find_first_not_of(kBlanks) == std::string::npos;
}

void InputBuffer::skip_line() noexcept {
  // In the middle of a statement its lines are counted wrong from here on; the line that is shown tells.
  if (!blank()) return;
  ++line_;
  column_ = 1;
}

void InputBuffer::clear() {
  drop(text_.size());
  inside_quote_ = false;
  quotes_.clear();
}

void InputBuffer::drop(std::size_t bytes) {
  const std::string_view gone = std::string_view(text_).substr(0, bytes);
  const auto newline = gone.rfind('\n');
  line_ += static_cast<int>(std::ranges::count(gone, '\n'));
  if (newline == std::string_view::npos) {
    column_ += static_cast<int>(count_code_points(gone));
  } else {
    column_ = 1 + static_cast<int>(count_code_points(gone.substr(newline + 1)));
  }
  text_.erase(0, bytes);
}

Typed InputBuffer::cut(bool at_end) {
  Typed typed;
  inside_quote_ = false;
  std::size_t done = 0;
  const auto script = Script::from_static(text_, source_).open();
  sql::StatementReader reader(dialect_, *script, source_, line_);
  const auto placed = [&](int line, int& column) {
    if (line == line_) column += column_ - 1;
  };
  try {
    while (auto statement = reader.next()) {
      if (!statement->terminated && !at_end) break;
      placed(statement->line, statement->column);
      done = statement->end;
      typed.statements.push_back(std::move(*statement));
    }
  } catch (const Failure& failure) {
    inside_quote_ = reader.ended_inside() && !at_end;
    if (!inside_quote_) {
      typed.error = failure.error();
      placed(typed.error->where.line, typed.error->where.column);
    }
  }
  drop(typed.error || at_end ? text_.size() : done);
  if (blank()) drop(text_.size());
  if (text_.empty()) quotes_.clear();
  read_again_at_ = std::max(kReadAgain, 2 * text_.size());
  return typed;
}

}  // namespace dunlin::shell
