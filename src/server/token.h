// The token that opens what a service does not show to everybody.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::server {

// The first line of the file; empty where it cannot be read. A secret.
std::string read_token(const std::string& file);

// Whether this Authorization header bears the token in the file, which is its first line. Compares in a time that does
// not depend on where they differ. A file that cannot be read, or is empty, opens nothing.
bool is_bearer(std::string_view authorization, const std::string& token_file);

}  // namespace dunlin::server
