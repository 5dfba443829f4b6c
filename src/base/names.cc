// The stable names of the small enums that JSON, logs and documentation spell out.
#include "dunlin/diagnostic.h"
#include "dunlin/dialect.h"

namespace dunlin {

const char* to_string(Severity severity) noexcept {
  switch (severity) {
    case Severity::note: return "note";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "";
}

const char* to_string(Dialect dialect) noexcept {
  switch (dialect) {
    case Dialect::postgres: return "postgres";
    case Dialect::sqlite: return "sqlite";
    case Dialect::mysql: return "mysql";
  }
  return "";
}

}  // namespace dunlin
