// A history scheme whose checksum is easy to foresee: the size of the script.
#pragma once

#include <string>

#include "core/history.h"
#include "core/integer_version.h"

namespace dunlin::formats {

class FakeScheme final : public HistoryScheme {
 public:
  std::string_view name() const override { return "fake"; }
  std::string_view default_table() const override { return "history"; }
  std::string checksum(const Script& script) const override { return std::to_string(script.text().size()); }
  ChecksumMatch compare(const Script&, const std::string&) const override { return ChecksumMatch::different; }
  std::vector<std::string> create_sql(Dialect, const TableName&) const override { return {}; }
  std::string select_sql(Dialect, const TableName&) const override { return {}; }
  AppliedMigration row(Dialect, const Row&) const override { return {}; }
  std::optional<Version> parse_version(std::string_view) const override { return std::nullopt; }
  std::vector<std::string> record_up_sql(Dialect, const TableName&, const Migration&,
                                         std::optional<std::chrono::nanoseconds>) const override {
    return {};
  }
  std::vector<std::string> record_down_sql(Dialect, const TableName&, const Version&) const override { return {}; }
  std::vector<std::string> record_checksum_sql(Dialect, const TableName&, const Migration&) const override {
    return {};
  }
  Fence fence(Dialect, const TableName&, const Version&, bool, std::size_t) const override { return {}; }
  std::optional<RunLock> run_lock(Dialect, std::string_view) const override { return std::nullopt; }
};

}  // namespace dunlin::formats
