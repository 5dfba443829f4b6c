// What tells one set of migration files from the next.
#pragma once

#include <map>
#include <string>

namespace dunlin::manager {

// "files-" and the first 16 hexadecimal digits of a SHA-256, of the names and contents of `files`, by name.
//
// What is digested has, for each file in the order of their names' bytes, its name and then its content, each as a
// netstring (https://cr.yp.to/proto/netstrings.txt): the number of its bytes in decimal, ":", the bytes, ",". The one
// file 1_accounts.sql with "SELECT 1;\n" is
//
//   printf '14:1_accounts.sql,10:SELECT 1;\n,' | sha256sum | cut -c -16
std::string files_identity(const std::map<std::string, std::string>& files);

}  // namespace dunlin::manager
