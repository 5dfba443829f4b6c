// What a statement that cannot share a transaction acts on, read from its words.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::postgres {

struct StatementTarget {
  enum class Kind {
    create_index,    // CREATE INDEX CONCURRENTLY
    drop_index,      // DROP INDEX CONCURRENTLY
    reindex_index,   // REINDEX INDEX CONCURRENTLY
    reindex_table,   // REINDEX TABLE CONCURRENTLY
    detach,          // ALTER TABLE .. DETACH PARTITION .. CONCURRENTLY | FINALIZE
    create_object,   // CREATE DATABASE | TABLESPACE | SUBSCRIPTION
    drop_object,     // DROP of the same
    add_enum_value,  // ALTER TYPE .. ADD VALUE
    repeatable,      // doing it twice does no more than doing it once: VACUUM, ANALYZE, ALTER SYSTEM, ...
    unknown,         // CALL, DO and whatever else: nobody can tell
  };
  Kind kind = Kind::unknown;
  // The index, partition or type as to_regclass reads it (parts quoted), or the bare name of a database and the like.
  // Empty for an index that the server names.
  std::string name;
  // The last part of `name` alone, unquoted.
  std::string bare_name;
  // The table, as to_regclass reads it.
  std::string table;
  bool if_not_exists = false;
  // DATABASE, TABLESPACE, SUBSCRIPTION.
  std::string object;
  std::string label;       // the enum value
  std::string definition;  // what follows the table's name: "(a, b) WHERE c"
};

StatementTarget read_target(std::string_view statement);

}  // namespace dunlin::postgres
