#include "base/exit_code.h"

#include <array>

namespace dunlin {
namespace {

struct KindRow {
  ErrorKind kind;
  const char* name;
  ExitCode exit_code;
  const char* anchor;
};

// In the order of the enum, which the lookup relies on and a unit test checks.
constexpr std::array kKinds{
    KindRow{ErrorKind::usage, "usage", ExitCode::usage, "usage"},
    KindRow{ErrorKind::config, "config", ExitCode::usage, "configuration"},
    KindRow{ErrorKind::source, "source", ExitCode::validation, "migration-files"},
    KindRow{ErrorKind::validation, "validation", ExitCode::validation, "validation"},
    KindRow{ErrorKind::pending, "pending", ExitCode::pending, "pending"},
    KindRow{ErrorKind::lock_busy, "lock_busy", ExitCode::lock_busy, "lock-busy"},
    KindRow{ErrorKind::connect, "connect", ExitCode::unreachable, "connection"},
    KindRow{ErrorKind::sql, "sql", ExitCode::migration_failed, "migration-failed"},
    KindRow{ErrorKind::in_doubt, "in_doubt", ExitCode::remains, "in-doubt"},
    KindRow{ErrorKind::remains, "remains", ExitCode::remains, "remains"},
    KindRow{ErrorKind::secret, "secret", ExitCode::left_undone, "secrets"},
    KindRow{ErrorKind::safety, "safety", ExitCode::refused, "refused"},
    KindRow{ErrorKind::timeout, "timeout", ExitCode::migration_failed, "timeout"},
    KindRow{ErrorKind::interrupted, "interrupted", ExitCode::interrupted, "interrupted"},
    KindRow{ErrorKind::io, "io", ExitCode::usage, "files"},
    KindRow{ErrorKind::internal, "internal", ExitCode::migration_failed, "defect"},
};

const KindRow& row(ErrorKind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)];
}

}  // namespace

int exit_code(ErrorKind kind, int signal) noexcept {
  if (kind == ErrorKind::interrupted && signal > 0) return 128 + signal;
  return static_cast<int>(row(kind).exit_code);
}

const char* docs_anchor(ErrorKind kind) noexcept {
  return row(kind).anchor;
}

const char* to_string(ErrorKind kind) noexcept {
  return row(kind).name;
}

}  // namespace dunlin
