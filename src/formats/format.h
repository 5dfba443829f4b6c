// Directory formats: bytes of files in, migrations and diagnostics out. One file per format, one table of all of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/catalog.h"
#include "core/history.h"
#include "dunlin/dialect.h"
#include "dunlin/embedded.h"
#include "dunlin/script.h"

namespace dunlin::formats {

// The files of a migrations directory, or of an embedded set, without what they contain.
struct SourceSet {
  struct File {
    std::string name;
    Script script;
  };
  std::string location;                // as the user named it
  std::vector<File> files;             // regular files and links (also broken ones), in name order
  std::vector<std::string> not_files;  // directories and what else is there, in name order; without dotted names
};

// Throws Failure (config) when the directory is absent, not a directory or unreadable, with the command that helps.
// Reads names only; a file that cannot be read shows when its script is opened.
SourceSet list_directory(const std::string& directory);
SourceSet list_embedded(const std::vector<EmbeddedMigration>&);

// What a new migration is called: two files where it is reversible.
struct NewFile {
  std::string name;
  std::string content;
};

struct Format {
  std::string_view name;                      // "sqlx"
  std::string_view history;                   // the history scheme its tool uses
  bool out_of_order_allowed = true;           // as the tool has it
  bool foreign_keys = true;                   // SQLite: as the tool has PRAGMA foreign_keys
  std::string_view no_transaction_mark = "";  // "-- no-transaction"
  // Whether the tool itself heeds the mark on SQLite; where it does not, a plan says so.
  bool no_transaction_on_sqlite = true;
  // Whether the names look like this format's; for detection and for hints about near misses.
  bool (*recognises)(const SourceSet&);
  // Everything is read and checked: names, encoding, marks at the start of a file, checksums by `scheme`.
  Catalog (*read)(const SourceSet&, const HistoryScheme& scheme);
  // Continues the numbering that the set uses (timestamps, or numbers with the same width). `now` is UTC seconds.
  std::vector<NewFile> (*make)(const SourceSet&, std::string_view description, bool reversible, std::int64_t now);
};

const std::vector<Format>& all();
// Throws Failure (usage) with the nearest name.
const Format& by_name(std::string_view name);
// The format whose names these are; sqlx for an empty set.
const Format& detect(const SourceSet&);

}  // namespace dunlin::formats
