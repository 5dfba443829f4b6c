#include "sql/atomic_body.h"

#include <cstring>
#include <string>

#include <pg_query.h>

#include "sql/characters.h"

namespace dunlin::sql {
namespace {

// The parser costs memory many times the text.
constexpr std::size_t kParserLimit = 64 * 1024;
// Each question is about the statement from its start, so a body with very many END; has to be bounded too: less where
// the words say that a CASE ends here.
constexpr std::size_t kBalancedBudget = 1024 * 1024;
constexpr std::size_t kUnbalancedBudget = 128 * 1024;

enum class Parse { complete, incomplete, refused };

Parse parse(const std::string& text) {
  PgQuerySplitResult result = pg_query_split_with_parser(text.c_str());
  Parse answer = Parse::complete;
  if (result.error != nullptr) {
    // An error before the end stays one whatever follows.
    const bool at_end = std::strstr(result.error->message, "at end of input") != nullptr;
    answer = at_end ? Parse::incomplete : Parse::refused;
  }
  pg_query_free_split_result(result);
  return answer;
}

}  // namespace

void AtomicBody::open_with(std::string_view text) {
  const bool routine = is_word(text, "FUNCTION") || is_word(text, "PROCEDURE");
  switch (opening_) {
    case Opening::start: opening_ = is_word(text, "CREATE") ? Opening::create : Opening::other; break;
    case Opening::create:
      opening_ = routine ? Opening::routine : is_word(text, "OR") ? Opening::create_or : Opening::other;
      break;
    case Opening::create_or: opening_ = is_word(text, "REPLACE") ? Opening::create_or_replace : Opening::other; break;
    case Opening::create_or_replace: opening_ = routine ? Opening::routine : Opening::other; break;
    case Opening::routine:
    case Opening::other: break;
  }
}

void AtomicBody::word(std::string_view text, bool after_dot) {
  if (opening_ != Opening::routine) {
    open_with(text);
    return;
  }
  const Previous before = previous_;
  previous_ = Previous::other;
  // There it can only be a name.
  if (after_dot || before == Previous::as) return;
  if (is_word(text, "AS")) {
    previous_ = Previous::as;
  } else if (is_word(text, "BEGIN")) {
    previous_ = Previous::begin;
  } else if (!open()) {
    if (before == Previous::begin && is_word(text, "ATOMIC")) depth_ = 1;
  } else if (is_word(text, "CASE")) {
    ++*depth_;
  } else if (is_word(text, "END")) {
    --*depth_;
    previous_ = Previous::end;
  }
}

bool AtomicBody::may_ask(std::size_t bytes, bool balanced) const noexcept {
  // The body's last word is END.
  return ask_parser_ && previous_ == Previous::end &&
         parsed_ + bytes <= (balanced ? kBalancedBudget : kUnbalancedBudget);
}

AtomicBody::Answer AtomicBody::semicolon(std::string_view statement) {
  const bool balanced = *depth_ <= 0;
  if (statement.size() > kParserLimit || parsed_ > kBalancedBudget - kParserLimit) ask_parser_ = false;
  if (may_ask(statement.size(), balanced)) {
    parsed_ += statement.size();
    switch (parse(std::string(statement))) {
      case Parse::complete: lexical_cut_.reset(); return Answer::cut;
      case Parse::incomplete: break;
      case Parse::refused: ask_parser_ = false; break;
    }
  }
  if (balanced && !lexical_cut_) lexical_cut_ = statement.size();
  previous_ = Previous::other;
  return !ask_parser_ && lexical_cut_ ? Answer::cut : Answer::go_on;
}

void AtomicBody::end_of_script(std::string_view statement) {
  if (!lexical_cut_ || statement.size() > kParserLimit || !may_ask(statement.size(), true)) return;
  if (parse(std::string(statement)) == Parse::complete) lexical_cut_.reset();
}

}  // namespace dunlin::sql
