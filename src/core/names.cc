// The stable names of the model's enums, as JSON and text output spell them.
#include "dunlin/grants.h"
#include "dunlin/migration.h"
#include "dunlin/plan.h"
#include "dunlin/report.h"
#include "dunlin/status.h"

namespace dunlin {

const char* to_string(Direction direction) noexcept {
  return direction == Direction::up ? "up" : "down";
}

const char* to_string(RoleAccess access) noexcept {
  return access == RoleAccess::read ? "read" : "readwrite";
}

const char* to_string(MigrationKind kind) noexcept {
  switch (kind) {
    case MigrationKind::versioned: return "versioned";
    case MigrationKind::repeatable: return "repeatable";
    case MigrationKind::baseline: return "baseline";
  }
  return "";
}

const char* to_string(TransactionMode mode) noexcept {
  switch (mode) {
    case TransactionMode::wrapped: return "wrapped";
    case TransactionMode::whole_file: return "whole-file";
    case TransactionMode::per_statement: return "per-statement";
  }
  return "";
}

const char* to_string(MigrationState state) noexcept {
  switch (state) {
    case MigrationState::applied: return "applied";
    case MigrationState::pending: return "pending";
    case MigrationState::missing: return "missing";
    case MigrationState::ahead: return "ahead";
    case MigrationState::failed: return "failed";
    case MigrationState::held: return "held";
  }
  return "";
}

const char* to_string(Execution execution) noexcept {
  switch (execution) {
    case Execution::transaction: return "transaction";
    case Execution::journalled: return "journalled";
    case Execution::self_managed: return "self-managed";
  }
  return "";
}

const char* to_string(TransactionScope scope) noexcept {
  switch (scope) {
    case TransactionScope::each: return "each";
    case TransactionScope::all: return "all";
    case TransactionScope::none: return "none";
  }
  return "";
}

const char* to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::applied: return "applied";
    case Outcome::nothing: return "nothing";
    case Outcome::failed: return "failed";
    case Outcome::interrupted: return "interrupted";
    case Outcome::refused: return "refused";
    case Outcome::error: return "error";
  }
  return "";
}

}  // namespace dunlin
