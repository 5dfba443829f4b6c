// dunlin_journal: what is known of the statements of a migration that cannot share one transaction with its history
// row.
//
// A row is `intent` before a statement that the server refuses in a transaction, and `done` after it; every other
// statement puts its `done` row into its own transaction. The rows of a migration are removed in the transaction that
// writes its history row: rows that are all done and no history row mean that a person edited the history.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/dialect.h"
#include "dunlin/driver.h"
#include "dunlin/migration.h"

namespace dunlin {

struct JournalEntry {
  std::size_t statement = 0;  // from 1
  bool done = false;          // false: intent
  // Of the statement's text; a finished statement whose text is another now is not the one that ran.
  std::string fingerprint;
  // What the driver wanted remembered before the statement ran; for its verifier.
  std::string remembered;
};

struct JournalKey {
  Version version;
  Direction direction = Direction::up;
};

class Journal {
 public:
  // The journal that belongs to `history`, in the same schema.
  Journal(Dialect dialect, TableName history);

  // Reads only.
  void locate(Session&);
  bool exists() const noexcept { return exists_; }
  // Makes the table when it is absent, and runs `also` in the same transaction. Under the run lock. Throws Failure
  // (sql).
  void create(Session&, const std::vector<std::string>& also, Observer&);
  const TableName& name() const noexcept { return table_; }

  // By statement number. Empty when there is no table.
  std::map<std::size_t, JournalEntry> read(Session&, const JournalKey&) const;
  // Every version and direction that has rows.
  std::vector<std::pair<JournalKey, std::map<std::size_t, JournalEntry>>> read_all(Session&,
                                                                                   const class HistoryScheme&) const;

  std::string intent_sql(const JournalKey&, const JournalEntry&) const;
  std::string done_sql(const JournalKey&, const JournalEntry&) const;
  std::string forget_sql(const JournalKey&, std::size_t statement) const;
  std::string forget_all_sql(const JournalKey&) const;
  std::string create_sql() const;

 private:
  std::string where(const JournalKey&) const;
  std::string write_sql(const JournalKey&, const JournalEntry&, std::string_view state) const;

  Dialect dialect_;
  TableName history_;
  TableName table_;
  bool exists_ = false;
};

// 64 bits of FNV-1a over the text, as hex. Tells an edited statement from the one that ran; it protects nothing.
std::string fingerprint(std::string_view text);

}  // namespace dunlin
