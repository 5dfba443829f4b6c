// Quoting of names and values, per dialect. All but quote_bytes throw Failure (usage) on a NUL byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dunlin/dialect.h"
#include "dunlin/table_name.h"

namespace dunlin::sql {

// Always quoted: "x" or `x`, with inner quotes doubled.
std::string quote_name(Dialect, std::string_view name);
// With its schema, where it has one: "a"."x".
std::string quote_name(Dialect, const TableName& table);
// 'x'; on PostgreSQL an E'' string where it holds a backslash.
std::string quote_text(Dialect, std::string_view value);
// Bytes as a literal: '\x00ff' (bytea hex input, needs standard_conforming_strings on) on PostgreSQL, x'00ff'
// elsewhere.
std::string quote_bytes(Dialect, std::string_view bytes);

// The other way: a."b.c".d as a, b.c, d, unquoted. Empty when it is not written so: a part is empty, or a quote is left
// open or begins in the middle of one.
std::vector<std::string> split_name(std::string_view text);

}  // namespace dunlin::sql
