// Small text files, read whole: .env, secrets, dunlin.toml.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dunlin {

// Empty when there is no such file. Throws Failure (io) for one that cannot be read or is over 1 MB.
std::optional<std::string> read_text_file(const std::string& path);

// Never overwrites: false when something of that name exists. Throws Failure (io).
bool create_text_file(const std::string& path, std::string_view content);

}  // namespace dunlin
