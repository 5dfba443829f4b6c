// The driver port over one libpq connection.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

class PostgresSession final : public Session {
 public:
  explicit PostgresSession(std::unique_ptr<Link> link) : link_(std::move(link)) {}

  const ServerInfo& server() const override { return link_->server; }
  BackendId backend() const override { return link_->backend; }
  Rows query(std::string_view sql) override;
  TableLocation locate(const TableName&) override;

  bool try_lock(const RunLock&) override;
  bool holds(const RunLock&) override;
  void unlock(const RunLock&) noexcept override;
  std::vector<LockHolder> lock_holders(const RunLock&) override;
  bool terminate(const BackendId&) override;

  ApplyResult apply(std::span<const Unit>, TransactionScope, const std::optional<RunLock>&, Observer&) override;
  StatementResult execute(const SourceStatement&, const Step*, Observer&) override;
  StatementResult execute_together(std::span<const SourceStatement>, std::span<const std::string> record, const Step*,
                                   Observer&) override;
  void reset_state() override;

  std::string remember(const SourceStatement&) override;
  Verdict verify(const SourceStatement&, const std::string& remembered) override;
  bool can_tell(const SourceStatement&, const std::string& remembered) override;
  GrantScript grant_script(std::span<const RoleGrant>, const TableName& history, const TableName& journal) override;
  std::optional<MissingRights> missing_rights(const TableName& history) override;

 private:
  std::unique_ptr<Link> link_;
};

}  // namespace dunlin::postgres
