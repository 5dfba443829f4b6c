// The words people bring from other migration tools: done where they mean one thing here, answered where they do not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::cli {

// The words to put in the place of a command that another tool has: {"migrate", "--to"} for "up-to". Empty when there
// is no exact counterpart.
std::vector<std::string> translated_command(std::string_view word);

// What to say about a command of another tool that has no exact counterpart; empty for a word no tool we know has.
std::string answer_to_command(std::string_view word);

// Our flag for another tool's ("-path" is "--dir"); empty when there is none.
std::string our_flag(std::string_view flag);

// What to say about a word behind a command that takes none: `dunlin migrate 3`, `dunlin down 20240101`. Empty when
// there is nothing to say. A word that can simply be left out (`migrate run`, as sqlx has it) gives no answer but is
// redundant.
std::string answer_to_word(std::string_view command, std::string_view word);
bool redundant_word(std::string_view command, std::string_view word);

}  // namespace dunlin::cli
