// A migration: what a directory, an embedded set or C++ code offers to run.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/diagnostic.h"
#include "dunlin/script.h"

namespace dunlin {

// A version as its format spells it, with the key that orders it. What order means is the format's business (numbers,
// dotted numbers, strings), so each format makes the key; keys of one format compare bytewise.
struct Version {
  std::string text;
  std::string sort_key;

  bool empty() const noexcept { return text.empty(); }
  friend bool operator==(const Version& a, const Version& b) { return a.sort_key == b.sort_key; }
  friend std::strong_ordering operator<=>(const Version& a, const Version& b) {
    return a.sort_key.compare(b.sort_key) <=> 0;
  }
};

enum class Direction { up, down };

// versioned: once, in order. repeatable: again whenever it changes. baseline: stands for everything before it.
enum class MigrationKind { versioned, repeatable, baseline };

// How a file asks to be run. What "no transaction" means differs between formats, so each names its own.
enum class TransactionMode {
  wrapped,        // in one transaction with its history row
  whole_file,     // sqlx, golang-migrate, dbmate: one statement runs alone, several are one implicit transaction
  per_statement,  // goose, tern, Flyway: each statement commits by itself
};

// What a migration written in C++ may do. It lives inside the migration's transaction.
class MigrationContext {
 public:
  virtual ~MigrationContext() = default;
  // Throws Failure (sql).
  virtual void execute(std::string_view sql) = 0;
  // Rows of text; SQL NULL is an empty optional.
  virtual std::vector<std::vector<std::optional<std::string>>> query(std::string_view sql) = 0;
};

using MigrationCallback = std::function<void(MigrationContext&)>;

struct Migration {
  Version version;
  MigrationKind kind = MigrationKind::versioned;
  // As in the file name, without version and suffix: "add_invoices".
  std::string name;
  // As the history table stores it: "add invoices".
  std::string description;
  TransactionMode mode = TransactionMode::wrapped;
  // Exactly one of `up` and `up_callback` is set; neither, where only a down file exists.
  Script up;
  Script down;
  TransactionMode down_mode = TransactionMode::wrapped;
  MigrationCallback up_callback;
  MigrationCallback down_callback;
  // The raw digest the history scheme compares, made of the up script; as the scheme stores it (for sqlx 48 bytes).
  std::string checksum;
  // What was found in the file. An error here stops a plan that would run this migration, and nothing else.
  std::vector<Diagnostic> diagnostics;

  bool reversible() const noexcept { return !down.empty() || down_callback != nullptr; }
};

const char* to_string(Direction direction) noexcept;
const char* to_string(MigrationKind kind) noexcept;
const char* to_string(TransactionMode mode) noexcept;

}  // namespace dunlin
