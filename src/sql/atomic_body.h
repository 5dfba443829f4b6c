// Where CREATE FUNCTION ... BEGIN ATOMIC ... END ends. Words alone cannot tell for all of them (END may be a column's
// label), so the server's parser is asked about each END that a semicolon follows; where it does not know the syntax,
// counting words decides.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace dunlin::sql {

class AtomicBody {
 public:
  // False as soon as the statement is known not to create a routine: its words need not be told.
  bool interested() const noexcept { return opening_ != Opening::other; }
  // A name or keyword outside parentheses; `after_dot` when a dot stands before it.
  void word(std::string_view text, bool after_dot);
  // Any other token.
  void token() noexcept { previous_ = Previous::other; }

  // BEGIN ATOMIC has been seen in a statement that creates a function or procedure.
  bool open() const noexcept { return depth_.has_value(); }

  enum class Answer { cut, go_on };
  // At a semicolon outside parentheses, with the statement's text up to it.
  Answer semicolon(std::string_view statement);
  // At the end of the script, with the whole statement.
  void end_of_script(std::string_view statement);
  // The first length at which the words are balanced, if semicolon() has passed one while asking the parser.
  std::optional<std::size_t> lexical_cut() const noexcept { return lexical_cut_; }

 private:
  // CREATE [OR REPLACE] {FUNCTION | PROCEDURE} ..., and what else it can turn out to be.
  enum class Opening { start, create, create_or, create_or_replace, routine, other };
  enum class Previous { other, as, begin, end };

  void open_with(std::string_view text);
  // Whether the parser is worth asking here.
  bool may_ask(std::size_t bytes, bool balanced) const noexcept;

  Opening opening_ = Opening::start;
  Previous previous_ = Previous::other;
  std::optional<int> depth_;
  bool ask_parser_ = true;
  // Bytes given to the parser so far.
  std::size_t parsed_ = 0;
  std::optional<std::size_t> lexical_cut_;
};

}  // namespace dunlin::sql
