// A script in memory that hands itself out in chunks of a chosen size.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/script.h"
#include "sql/statement_reader.h"

namespace dunlin::sql {

class TextReader final : public ScriptReader {
 public:
  explicit TextReader(std::string_view text, std::size_t chunk = 1 << 20) : text_(text), chunk_(chunk) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t count = std::min({buffer.size(), chunk_, text_.size() - at_});
    std::copy_n(text_.data() + at_, count, buffer.data());
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t chunk_;
  std::size_t at_ = 0;
};

inline std::vector<Statement> split(Dialect dialect, std::string_view text, std::size_t chunk = 1 << 20,
                                    int first_line = 1) {
  TextReader script(text, chunk);
  StatementReader reader(dialect, script, "m.sql", first_line);
  std::vector<Statement> statements;
  while (auto statement = reader.next()) statements.push_back(std::move(*statement));
  return statements;
}

inline std::vector<std::string> texts(Dialect dialect, std::string_view text, std::size_t chunk = 1 << 20) {
  std::vector<std::string> found;
  for (Statement& statement : split(dialect, text, chunk)) found.push_back(std::move(statement.text));
  return found;
}

}  // namespace dunlin::sql
