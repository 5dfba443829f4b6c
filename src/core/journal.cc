#include "core/journal.h"

#include <charconv>

#include <fmt/format.h>

#include "core/history.h"
#include "sql/quote.h"

namespace dunlin {
namespace {

constexpr std::string_view kTable = "dunlin_journal";

std::size_t number(const std::optional<std::string>& text) {
  std::size_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// Columns: statement, state, fingerprint, remembered.
JournalEntry entry(const Row& row) {
  return {number(row[0]), row[1] == "done", row[2].value_or(""), row[3].value_or("")};
}

}  // namespace

Journal::Journal(Dialect dialect, TableName history)
    : dialect_(dialect), history_(std::move(history)), table_{history_.schema, std::string(kTable)} {}

void Journal::locate(Session& session) {
  exists_ = session.locate(table_).exists;
}

void Journal::create(Session& session, const std::vector<std::string>& also, Observer& observer) {
  if (!exists_) locate(session);
  if (exists_) return;
  std::vector<std::string> sql{create_sql()};
  sql.insert(sql.end(), also.begin(), also.end());
  const StatementResult made = session.execute_together({}, sql, nullptr, observer);
  locate(session);
  if (exists_) return;
  if (made.error) throw Failure(*made.error);
  throw Failure(ErrorKind::interrupted, "interrupted while making dunlin_journal");
}

std::string Journal::create_sql() const {
  // Portable column types. The key names the history table, because one database may hold several.
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (history_table VARCHAR(128) NOT NULL, version VARCHAR(128) NOT NULL, "
      "direction VARCHAR(4) NOT NULL, statement INTEGER NOT NULL, state VARCHAR(6) NOT NULL, "
      "fingerprint VARCHAR(16) NOT NULL, remembered TEXT NOT NULL, "
      "noted_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, "
      "PRIMARY KEY (history_table, version, direction, statement))",
      sql::quote_name(dialect_, table_));
}

std::string Journal::where(const JournalKey& key) const {
  return fmt::format("history_table = {} AND version = {} AND direction = '{}'",
                     sql::quote_text(dialect_, history_.name), sql::quote_text(dialect_, key.version.text),
                     to_string(key.direction));
}

std::map<std::size_t, JournalEntry> Journal::read(Session& session, const JournalKey& key) const {
  std::map<std::size_t, JournalEntry> entries;
  if (!exists_) return entries;
  const Rows rows = session.query(fmt::format("SELECT statement, state, fingerprint, remembered FROM {} WHERE {}",
                                              sql::quote_name(dialect_, table_), where(key)));
  for (const Row& row : rows) {
    JournalEntry read = entry(row);
    entries.emplace(read.statement, std::move(read));
  }
  return entries;
}

std::vector<std::pair<JournalKey, std::map<std::size_t, JournalEntry>>> Journal::read_all(
    Session& session, const HistoryScheme& scheme) const {
  std::vector<std::pair<JournalKey, std::map<std::size_t, JournalEntry>>> all;
  if (!exists_) return all;
  const Rows rows = session.query(fmt::format(
      "SELECT statement, state, fingerprint, remembered, version, direction FROM {} WHERE history_table = {} "
      "ORDER BY version, direction, statement",
      sql::quote_name(dialect_, table_), sql::quote_text(dialect_, history_.name)));
  for (const Row& row : rows) {
    const std::string text = row[4].value_or("");
    const Version version = scheme.parse_version(text).value_or(Version{text, text});
    const Direction direction = row[5] == "down" ? Direction::down : Direction::up;
    if (all.empty() || all.back().first.version != version || all.back().first.direction != direction) {
      all.push_back({JournalKey{version, direction}, {}});
    }
    JournalEntry read = entry(row);
    all.back().second.emplace(read.statement, std::move(read));
  }
  return all;
}

std::string Journal::write_sql(const JournalKey& key, const JournalEntry& entry, std::string_view state) const {
  return fmt::format(
      "INSERT INTO {} (history_table, version, direction, statement, state, fingerprint, remembered) "
      "VALUES ({}, {}, '{}', {}, '{}', '{}', {}) ON CONFLICT (history_table, version, direction, statement) "
      "DO UPDATE SET state = excluded.state, fingerprint = excluded.fingerprint, remembered = excluded.remembered, "
      "noted_at = CURRENT_TIMESTAMP",
      sql::quote_name(dialect_, table_), sql::quote_text(dialect_, history_.name),
      sql::quote_text(dialect_, key.version.text), to_string(key.direction), entry.statement, state, entry.fingerprint,
      sql::quote_text(dialect_, entry.remembered));
}

std::string Journal::intent_sql(const JournalKey& key, const JournalEntry& entry) const {
  return write_sql(key, entry, "intent");
}

std::string Journal::done_sql(const JournalKey& key, const JournalEntry& entry) const {
  return write_sql(key, entry, "done");
}

std::string Journal::forget_sql(const JournalKey& key, std::size_t statement) const {
  return fmt::format("DELETE FROM {} WHERE {} AND statement = {}", sql::quote_name(dialect_, table_), where(key),
                     statement);
}

std::string Journal::forget_all_sql(const JournalKey& key) const {
  return fmt::format("DELETE FROM {} WHERE {}", sql::quote_name(dialect_, table_), where(key));
}

std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace dunlin
