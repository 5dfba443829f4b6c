// Whether a file is what was digested once but for line endings, byte order mark or final newline: what editors and
// version control change behind everyone's back.
#pragma once

#include <string>

#include "dunlin/script.h"

namespace dunlin::history {

// True when `digest` (SHA-384, raw) is that of the script with all lines ended by LF, by CRLF or as they are, with or
// without a byte order mark, with or without newlines at its end. One reading, in constant memory. Throws Failure (io).
bool digest_matches_but_for_whitespace(const Script& script, const std::string& digest);

}  // namespace dunlin::history
