// A finding about files or settings. Data only: text, JSON and annotations are made from it elsewhere.
#pragma once

#include <string>

#include "dunlin/error.h"

namespace dunlin {

enum class Severity { note, warning, error };

struct Diagnostic {
  Severity severity = Severity::error;
  // Stable and kebab-case, e.g. "duplicate-version". Tests, suppressions and documentation anchors use it.
  std::string code;
  std::string message;
  std::string hint;
  SourcePosition where;
  std::string line_text;
};

const char* to_string(Severity severity) noexcept;

}  // namespace dunlin
