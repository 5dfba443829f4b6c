// The tokens of one whole statement, comments and white space left out, read lazily: telling what an INSERT of many
// megabytes is costs its first word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "dunlin/dialect.h"

namespace dunlin::sql {

struct Token {
  enum class Kind { end, word, quoted_name, text, number, symbol };
  Kind kind = Kind::end;
  // As written, quotes included. A symbol is one character.
  std::string_view text;

  // The word, whatever its case; `capitals` in capitals. A quoted name is no word.
  bool is(std::string_view capitals) const noexcept;
  bool is(char symbol) const noexcept { return kind == Kind::symbol && text[0] == symbol; }
  bool is_end() const noexcept { return kind == Kind::end; }
  bool is_name() const noexcept { return kind == Kind::word || kind == Kind::quoted_name; }
};

class Tokens {
 public:
  Tokens(Dialect dialect, std::string_view statement) : dialect_(dialect), text_(statement) { current_ = read(); }

  const Token& peek() const noexcept { return current_; }
  Token take();
  // Takes the current token if it is that.
  bool accept(std::string_view capitals);
  bool accept(char symbol);
  // Takes tokens up to the parenthesis that closes the one just taken, that one included.
  void skip_parentheses();

  // The statement from the current token on.
  std::string_view rest() const noexcept { return text_.substr(current_begin_); }

 private:
  Token read();
  void skip_blank();
  void skip_quoted(char close, bool escapes);
  bool skip_dollar_quoted();
  bool find_continuation();

  Dialect dialect_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t current_begin_ = 0;
  Token current_;
};

// What a name token names: quotes taken off, PostgreSQL's unquoted names in lower case.
std::string name_of(Dialect, const Token&);
// What a text token says, or a word or number as it is; escapes of E'' strings are left as they are.
std::string value_of(const Token&);
// ASCII only.
std::string capitals_of(std::string_view word);
std::string small_of(std::string_view word);

// A dotted name, as far as it goes: the parts but the last, joined, and the last.
struct QualifiedName {
  std::string qualifier;
  std::string name;

  // "public.x" or "x".
  std::string full() const { return qualifier.empty() ? name : qualifier + "." + name; }
};
// Empty when there is no name next.
QualifiedName take_name(Dialect, Tokens&);

}  // namespace dunlin::sql
