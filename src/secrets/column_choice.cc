#include "secrets/column_choice.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "secrets/column_finder.h"

namespace dunlin::secrets {
namespace {

constexpr std::size_t kSample = 100;
constexpr std::string_view kInsufficientPrivilege = "42501";

struct Sample {
  std::size_t values = 0;
  std::size_t known = 0;    // under a key of the ring
  std::size_t unknown = 0;  // encrypted, under another one
  std::string other;        // what is wrong with the first that is not known
};

Sample sample_of(Session& session, Dialect dialect, const EncryptedColumn& column, const Keyring& ring) {
  Sample sample;
  for (const Row& row : session.query(page_sql(dialect, column, nullptr, kSample))) {
    const StoredValue value = stored_value(column, row);
    ++sample.values;
    try {
      const Envelope envelope = Envelope::parse(value.payload);
      if (ring.knows(envelope.key_id())) {
        ++sample.known;
        continue;
      }
      ++sample.unknown;
      if (sample.other.empty())
        sample.other =
            fmt::format("{} is under the key {}, which is not given", shown_key(column, value), envelope.key_id());
    } catch (const Failure& failure) {
      if (failure.error().kind != ErrorKind::secret) throw;
      if (sample.other.empty()) sample.other = fmt::format("{}: {}", shown_key(column, value), failure.error().message);
    }
  }
  return sample;
}

bool same_column(const EncryptedColumn& a, const EncryptedColumn& b) {
  return a.table.schema == b.table.schema && a.table.name == b.table.name && a.name == b.name;
}

bool is_of_table(const EncryptedColumn& column, std::string_view table) {
  return column.table.name == table || fmt::format("{}.{}", column.table.schema, column.table.name) == table;
}

template <typename Columns>
bool holds(const Columns& columns, const EncryptedColumn& column) {
  return std::ranges::any_of(columns, [&](const EncryptedColumn& other) { return same_column(other, column); });
}

// Nothing for a column that can be worked on and holds nothing but encrypted values under known keys.
std::optional<LeftOut> why_left_out(Session& session, Dialect dialect, const FoundColumn& found, const Keyring& ring) {
  const std::string name = found.column.shown();
  if (!found.obstacle.empty()) {
    const bool no_key = found.column.key.empty();
    return LeftOut{.column = name,
                   .reason = found.obstacle,
                   .fix = no_key ? "give its table a primary key" : "",
                   .matters = no_key};
  }
  Sample sample;
  try {
    sample = sample_of(session, dialect, found.column, ring);
  } catch (const Failure& failure) {
    if (failure.error().sqlstate != kInsufficientPrivilege) throw;
    return LeftOut{.column = name,
                   .reason = failure.error().message,
                   .fix = "grant SELECT and UPDATE on its table to this user",
                   .matters = true};
  }
  if (sample.known == sample.values) return std::nullopt;
  const std::size_t encrypted = sample.known + sample.unknown;
  if (encrypted == 0) {
    return LeftOut{
        .column = name,
        .reason = fmt::format("none of {} sampled values is an encrypted value ({})", sample.values, sample.other)};
  }
  return LeftOut{.column = name,
                 .reason = fmt::format("{} of {} sampled values are no encrypted values under a key given ({})",
                                       sample.values - sample.known, sample.values, sample.other),
                 .fix = encrypted == sample.values
                            ? "add that key to SECRETS_ENCRYPTION_KEY_PREVIOUS"
                            : fmt::format("name it in dunlin.toml: encrypted_columns = [\"{}\"]", name),
                 .matters = true};
}

}  // namespace

ColumnChoice choose_columns(Session& session, Dialect dialect, const std::vector<std::string>& named,
                            const std::vector<std::string>& tables, const Keyring& ring) {
  ColumnChoice choice;
  std::vector<EncryptedColumn> excluded;
  std::set<std::string> met;
  const auto is_wanted = [&](const EncryptedColumn& column) {
    bool wanted = tables.empty();
    for (const std::string& table : tables) {
      if (!is_of_table(column, table)) continue;
      met.insert(table);
      wanted = true;
    }
    return wanted;
  };
  for (const std::string& name : named) {
    const bool exclude = name.starts_with('-');
    FoundColumn found = find_named(session, dialect, std::string_view(name).substr(exclude ? 1 : 0));
    if (!exclude && !found.obstacle.empty()) {
      throw Failure(ErrorKind::config, fmt::format("{} cannot be re-encrypted: {}", name, found.obstacle),
                    "take it out of encrypted_columns in dunlin.toml, or change the table");
    }
    if (!exclude && !is_wanted(found.column)) continue;
    std::vector<EncryptedColumn>& list = exclude ? excluded : choice.covered;
    if (!holds(list, found.column)) list.push_back(std::move(found.column));
  }
  for (FoundColumn& found : find_by_suffix(session, dialect)) {
    if (holds(choice.covered, found.column) || !is_wanted(found.column)) continue;
    if (holds(excluded, found.column)) {
      choice.left_out.push_back({.column = found.column.shown(), .reason = "dunlin.toml says to leave it alone"});
    } else if (auto why = why_left_out(session, dialect, found, ring)) {
      choice.left_out.push_back(std::move(*why));
    } else {
      choice.covered.push_back(std::move(found.column));
    }
  }
  for (const std::string& table : tables) {
    if (!met.contains(table))
      throw Failure(ErrorKind::usage, fmt::format("there is no table {} with a column of encrypted values", table),
                    "dunlin reencrypt --dry-run shows the columns there are");
  }
  return choice;
}

}  // namespace dunlin::secrets
