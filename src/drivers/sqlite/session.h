// The SQLite session.
#pragma once

#include <memory>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/url.h"
#include "dunlin/driver.h"

namespace dunlin::sqlite {

// What can be said of a database without opening it.
ServerInfo describe(const Location&);

class SqliteSession final : public Session {
 public:
  // Throws Failure (connect, usage).
  SqliteSession(Location location, SessionOptions options);

  const ServerInfo& server() const override { return server_; }
  BackendId backend() const override { return backend_; }
  Rows query(std::string_view sql) override;
  TableLocation locate(const TableName&) override;

  // There is no lock for a whole run: BEGIN IMMEDIATE is one for each transaction, and the fence inside it tells
  // whether somebody else came first.
  bool try_lock(const RunLock&) override { return true; }
  bool holds(const RunLock&) override { return true; }
  void unlock(const RunLock&) noexcept override {}
  std::vector<LockHolder> lock_holders(const RunLock&) override { return {}; }
  bool terminate(const BackendId&) override { return false; }

  ApplyResult apply(std::span<const Unit> units, TransactionScope scope, const std::optional<RunLock>& lock,
                    Observer&) override;
  StatementResult execute(const SourceStatement&, const Step*, Observer&) override;
  StatementResult execute_together(std::span<const SourceStatement> statements, std::span<const std::string> record,
                                   const Step*, Observer&) override;
  void reset_state() override;

  std::string remember(const SourceStatement&) override;
  Verdict verify(const SourceStatement&, const std::string& remembered) override;

 private:
  // Throws Failure (usage) in a session that was opened to read.
  Connection& writer();

  Location location_;
  SessionOptions options_;
  ServerInfo server_;
  BackendId backend_;
  // Null in a reading session while there is none that may be kept.
  std::unique_ptr<Connection> connection_;
  bool foreign_keys_;
};

}  // namespace dunlin::sqlite
