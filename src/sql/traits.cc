#include "sql/traits.h"

#include "dunlin/error.h"
#include "sql/dialect_traits.h"

namespace dunlin::sql {

Traits classify(Dialect dialect, std::string_view text) {
  switch (dialect) {
    case Dialect::postgres: return classify_postgres(text);
    case Dialect::sqlite: return classify_sqlite(text);
    case Dialect::mysql: break;
  }
  throw Failure(ErrorKind::usage, "MySQL statements cannot be classified by this version");
}

std::string take_characteristics(Tokens& tokens) {
  std::string words;
  while (!tokens.peek().is_end()) {
    const Token token = tokens.take();
    if (token.is(',')) {
      words += ',';
      continue;
    }
    if (!words.empty()) words += ' ';
    words += token.kind == Token::Kind::word ? capitals_of(token.text) : std::string(token.text);
  }
  return words;
}

}  // namespace dunlin::sql
