// Hides secrets in SQL that is shown to people: the literal after PASSWORD and IDENTIFIED BY, the value of password=...
// and the password in a URL, wherever they stand (strings, bodies of functions, comments), for any dialect.
//
// Of what looks like a secret too much is hidden rather than too little. A password that SQL computes cannot be seen,
// nor one whose keyword is on another line than the one shown.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::sql {

// With *** for each secret: PASSWORD '***'.
std::string mask_literals(std::string_view sql);
// As many code points as before, so that columns stay where they are: each one of a secret becomes a star.
std::string mask_line(std::string_view line);

}  // namespace dunlin::sql
