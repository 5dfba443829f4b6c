#include "shell/inspection.h"

#include <cctype>

#include <fmt/format.h>

#include "sql/quote.h"

namespace dunlin::shell {

Pattern read_pattern(Dialect dialect, std::string_view text) {
  Pattern pattern;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted && pattern.schema.empty()) {
      pattern.schema = std::move(pattern.name);
      pattern.name.clear();
    } else if (!quoted && (c == '*' || c == '?')) {
      pattern.name += c == '*' ? '%' : '_';
    } else {
      if (c == '%' || c == '_' || c == '!') pattern.name += '!';
      const bool folds = !quoted && dialect == Dialect::postgres;
      pattern.name += folds ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
    }
  }
  if (pattern.name.empty()) pattern.name += '%';
  return pattern;
}

std::string like(Dialect dialect, std::string_view expression, const std::string& pattern) {
  return fmt::format("{} LIKE {} ESCAPE '!'", expression, sql::quote_text(dialect, pattern));
}

std::optional<std::vector<Inspection>> inspect(Dialect dialect, const Wanted& wanted, const Ask& ask) {
  switch (dialect) {
    case Dialect::postgres: return inspect_postgres(wanted, ask);
    case Dialect::sqlite: return inspect_sqlite(wanted, ask);
    case Dialect::mysql: break;
  }
  return std::nullopt;
}

std::string names_query(Dialect dialect) {
  if (dialect == Dialect::sqlite) {
    return "SELECT 'main', m.name, '1', c.name FROM sqlite_master m, pragma_table_xinfo(m.name) c "
           "WHERE m.type IN ('table', 'view') ORDER BY m.name, c.cid LIMIT 50000";
  }
  return "SELECT n.nspname, c.relname, CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '1' ELSE '0' END, "
         "a.attname "
         "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
         "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
         "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_(toast|temp)' "
         "ORDER BY n.nspname IN ('pg_catalog', 'information_schema'), c.oid, a.attnum LIMIT 50000";
}

}  // namespace dunlin::shell
