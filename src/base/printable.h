// Text of others (file names, server messages, SQL) made safe for a terminal and a line.
#pragma once

#include <string>
#include <string_view>

namespace dunlin {

// Control characters, escape sequences among them, become visible; line feeds stay, and tabs become one space, so that
// columns can be counted. Invalid UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

// printable(), and every run of white space one space: for SQL in a list.
std::string one_line(std::string_view text);

// one_line(), at most `columns` wide.
std::string one_line(std::string_view text, std::size_t columns);

// Padded with spaces to `columns`; longer text stays whole.
std::string pad_right(std::string_view text, std::size_t columns);

// "1 migration", "3 migrations".
std::string counted(std::size_t count, std::string_view noun);

}  // namespace dunlin
