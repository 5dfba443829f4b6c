// Quoting of names and values, per dialect. All but quote_bytes throw Failure (usage) on a NUL byte.
#pragma once

#include <string>
#include <string_view>

#include "dunlin/dialect.h"

namespace dunlin::sql {

// Always quoted: "x" or `x`, with inner quotes doubled.
std::string quote_name(Dialect, std::string_view name);
// 'x'; on PostgreSQL an E'' string where it holds a backslash.
std::string quote_text(Dialect, std::string_view value);
// Bytes as a literal: '\x00ff' (bytea hex input, needs standard_conforming_strings on) on PostgreSQL, x'00ff'
// elsewhere.
std::string quote_bytes(Dialect, std::string_view bytes);

}  // namespace dunlin::sql
