// A session that has read the history before it was asked.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/history.h"
#include "dunlin/driver.h"

namespace dunlin::app {

// Gives the answers it has read ahead when it is first asked for them, and is `session` in everything else: its
// thread, its errors. An answer is as old as the session's first use of it is late.
class ReadAheadSession final : public Session {
 public:
  explicit ReadAheadSession(std::unique_ptr<Session> session) : session_(std::move(session)) {}

  // Reads where the history is and what it holds. Never throws: what fails now fails again when it is asked for.
  void read_history(const HistoryScheme&, Dialect, const TableName& configured) noexcept;

  const ServerInfo& server() const override { return session_->server(); }
  BackendId backend() const override { return session_->backend(); }
  Rows query(std::string_view sql) override;
  TableLocation locate(const TableName&) override;
  bool try_lock(const RunLock& lock) override { return session_->try_lock(lock); }
  bool holds(const RunLock& lock) override { return session_->holds(lock); }
  void unlock(const RunLock& lock) noexcept override { session_->unlock(lock); }
  std::vector<LockHolder> lock_holders(const RunLock& lock) override { return session_->lock_holders(lock); }
  bool terminate(const BackendId& backend) override { return session_->terminate(backend); }
  ApplyResult apply(std::span<const Unit> units, TransactionScope scope, const std::optional<RunLock>& lock,
                    Observer& observer) override {
    return session_->apply(units, scope, lock, observer);
  }
  StatementResult execute(const SourceStatement& statement, const Step* step, Observer& observer) override {
    return session_->execute(statement, step, observer);
  }
  StatementResult execute_together(std::span<const SourceStatement> statements, std::span<const std::string> record,
                                   const Step* step, Observer& observer) override {
    return session_->execute_together(statements, record, step, observer);
  }
  void reset_state() override { session_->reset_state(); }
  std::string remember(const SourceStatement& statement) override { return session_->remember(statement); }
  Verdict verify(const SourceStatement& statement, const std::string& remembered) override {
    return session_->verify(statement, remembered);
  }
  bool can_tell(const SourceStatement& statement, const std::string& remembered) override {
    return session_->can_tell(statement, remembered);
  }
  GrantScript grant_script(std::span<const RoleGrant> grants, const TableName& history,
                           const TableName& journal) override {
    return session_->grant_script(grants, history, journal);
  }
  std::optional<MissingRights> missing_rights(const TableName& history) override {
    return session_->missing_rights(history);
  }

 private:
  std::unique_ptr<Session> session_;
  TableName configured_;
  std::optional<TableLocation> location_;
  std::string select_;
  std::optional<Rows> history_;
};

}  // namespace dunlin::app
