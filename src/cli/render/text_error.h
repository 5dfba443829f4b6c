// Errors and findings for people: message, place, source line with a caret, what the server adds, what to do next.
#pragma once

#include <string>
#include <string_view>

#include "cli/render/paint.h"
#include "dunlin/diagnostic.h"
#include "dunlin/error.h"

namespace dunlin::cli {

// Everything but the hint, which render_next shows at the very end. Several lines, the last one ended.
std::string render_error(const Error&, const Paint&);

// "warning: two files have version 3" with place and hint.
std::string render_diagnostic(const Diagnostic&, const Paint&);

// "Next: dunlin migrate"; empty for an empty hint.
std::string render_next(std::string_view hint, const Paint&);

// "migrations/1_x.sql:4:28", as far as it is known; empty without a file.
std::string place(const SourcePosition&);

}  // namespace dunlin::cli
