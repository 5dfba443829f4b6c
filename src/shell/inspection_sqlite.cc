#include <fmt/format.h>

#include "shell/inspection.h"
#include "sql/quote.h"

namespace dunlin::shell {
namespace {

constexpr Dialect kDialect = Dialect::sqlite;

std::string chosen(const std::string& text, std::string_view name) {
  if (text.empty()) return fmt::format("{} NOT LIKE 'sqlite!_%' ESCAPE '!'", name);
  return like(kDialect, name, read_pattern(kDialect, text).name);
}

std::string relations(std::string_view types, const Wanted& wanted) {
  return fmt::format(
      "SELECT name AS \"Name\", type AS \"Type\"{}{} FROM sqlite_master WHERE type IN ({}) AND {} ORDER BY 1",
      wanted.command == "di" ? ", tbl_name AS \"Table\"" : "", wanted.more ? ", sql AS \"SQL\"" : "", types,
      chosen(wanted.pattern, "name"));
}

void describe(std::vector<Inspection>& found, const std::string& type, const std::string& name, bool more) {
  const std::string quoted = sql::quote_text(kDialect, name);
  found.push_back(
      {fmt::format("{} {}", type, name),
       fmt::format("SELECT name AS \"Column\", type AS \"Type\", iif(\"notnull\", 'not null', '') AS "
                   "\"Nullable\", coalesce(dflt_value, '') AS \"Default\", iif(pk, 'primary key ' || pk, '') AS "
                   "\"Key\" FROM pragma_table_xinfo({}) WHERE hidden <> 1 ORDER BY cid",
                   quoted)});
  found.push_back(
      {"Indexes",
       fmt::format("SELECT l.name AS \"Index\", iif(l.\"unique\", 'unique', '') AS \"Kind\", (SELECT "
                   "group_concat(coalesce(i.name, '(expression)'), ', ') FROM pragma_index_info(l.name) i) AS "
                   "\"Columns\", iif(l.partial, 'partial', '') AS \"Partial\" FROM pragma_index_list({}) l ORDER "
                   "BY 1",
                   quoted),
       true});
  found.push_back(
      {"Foreign keys",
       fmt::format("SELECT \"from\" AS \"Column\", \"table\" AS \"Table\", coalesce(\"to\", '') AS \"To\", "
                   "on_delete AS \"On delete\", on_update AS \"On update\" FROM pragma_foreign_key_list({}) "
                   "ORDER BY id, seq",
                   quoted),
       true});
  found.push_back(
      {"Triggers",
       fmt::format("SELECT name AS \"Trigger\", sql AS \"SQL\" FROM sqlite_master WHERE type = 'trigger' AND "
                   "tbl_name = {} COLLATE NOCASE ORDER BY 1",
                   quoted),
       true});
  if (more || type == "view") {
    found.push_back({"Definition",
                     fmt::format("SELECT sql AS \"SQL\" FROM sqlite_master WHERE name = {} COLLATE NOCASE", quoted),
                     true});
  }
}

std::vector<Inspection> describe_all(const Wanted& wanted, const Ask& ask) {
  const Rows rows =
      ask(fmt::format("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND {} ORDER BY name "
                      "LIMIT 50",
                      like(kDialect, "name", read_pattern(kDialect, wanted.pattern).name)));
  if (rows.empty()) {
    throw Failure(ErrorKind::usage, fmt::format("there is no table or view named {}", wanted.pattern),
                  "\\dt lists the tables");
  }
  std::vector<Inspection> found;
  for (const Row& row : rows) describe(found, row[0].value_or(""), row[1].value_or(""), wanted.more);
  return found;
}

}  // namespace

std::optional<std::vector<Inspection>> inspect_sqlite(const Wanted& wanted, const Ask& ask) {
  const auto one = [](std::string title, std::string sql) {
    return std::vector<Inspection>{{std::move(title), std::move(sql)}};
  };
  const std::string_view command = wanted.command;
  if (command == "d" && !wanted.pattern.empty()) return describe_all(wanted, ask);
  if (command == "d") return one("Relations", relations("'table', 'view'", wanted));
  if (command == "dt") return one("Tables", relations("'table'", wanted));
  if (command == "di") return one("Indexes", relations("'index'", wanted));
  if (command == "dv") return one("Views", relations("'view'", wanted));
  if (command == "dn" || command == "l") {
    return one("Databases", "SELECT name AS \"Name\", file AS \"File\" FROM pragma_database_list ORDER BY seq");
  }
  return std::nullopt;
}

}  // namespace dunlin::shell
