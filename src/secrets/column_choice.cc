#include "secrets/column_choice.h"

#include <algorithm>

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
        sample.other = fmt::format("{} is under a key that is not given", shown_key(column, value));
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

bool of_table(const EncryptedColumn& column, std::string_view table) {
  return column.table.name == table || fmt::format("{}.{}", column.table.schema, column.table.name) == table;
}

template <typename Columns>
bool holds(const Columns& columns, const EncryptedColumn& column) {
  return std::ranges::any_of(columns, [&](const EncryptedColumn& other) { return same_column(other, column); });
}

}  // namespace

ColumnChoice choose_columns(Session& session, Dialect dialect, const std::vector<std::string>& named,
                            const std::vector<std::string>& tables, const Keyring& ring) {
  ColumnChoice choice;
  std::vector<EncryptedColumn> excluded;
  for (const std::string& name : named) {
    const bool exclude = name.starts_with('-');
    FoundColumn found = find_named(session, dialect, std::string_view(name).substr(exclude ? 1 : 0));
    if (!exclude && !found.obstacle.empty()) {
      throw Failure(ErrorKind::config, fmt::format("{} cannot be re-encrypted: {}", name, found.obstacle),
                    "take it out of encrypted_columns in dunlin.toml, or change the table");
    }
    std::vector<EncryptedColumn>& list = exclude ? excluded : choice.covered;
    if (!holds(list, found.column)) list.push_back(std::move(found.column));
  }
  for (FoundColumn& found : find_by_suffix(session, dialect)) {
    if (holds(choice.covered, found.column)) continue;
    const std::string name = found.column.shown();
    if (holds(excluded, found.column)) {
      choice.left_out.push_back({name, "dunlin.toml says to leave it alone"});
      continue;
    }
    if (!found.obstacle.empty()) {
      choice.left_out.push_back({name, found.obstacle, found.column.key.empty()});
      continue;
    }
    Sample sample;
    try {
      sample = sample_of(session, dialect, found.column, ring);
    } catch (const Failure& failure) {
      if (failure.error().sqlstate != kInsufficientPrivilege) throw;
      choice.left_out.push_back({name, failure.error().message, true});
      continue;
    }
    if (sample.known == sample.values) {
      choice.covered.push_back(std::move(found.column));
    } else if (sample.known + sample.unknown == 0) {
      choice.left_out.push_back(
          {name, fmt::format("none of {} sampled values is an encrypted value ({})", sample.values, sample.other)});
    } else {
      choice.left_out.push_back({name,
                                 fmt::format("{} of {} sampled values are no encrypted values under a key given ({})",
                                             sample.values - sample.known, sample.values, sample.other),
                                 true});
    }
  }
  if (tables.empty()) return choice;
  for (const std::string& table : tables) {
    const auto of_it = [&](const EncryptedColumn& column) { return of_table(column, table); };
    if (std::ranges::none_of(choice.covered, of_it)) {
      throw Failure(ErrorKind::usage, fmt::format("no encrypted column of a table {} can be re-encrypted", table),
                    "dunlin reencrypt --dry-run shows the columns there are");
    }
  }
  std::erase_if(choice.covered, [&](const EncryptedColumn& column) {
    return std::ranges::none_of(tables, [&](const std::string& table) { return of_table(column, table); });
  });
  choice.left_out.clear();
  return choice;
}

}  // namespace dunlin::secrets
