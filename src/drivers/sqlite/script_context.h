// What a migration written in C++ runs its SQL through, inside dunlin's transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/sqlite/statement_run.h"
#include "dunlin/migration.h"

namespace dunlin::sqlite {

class ScriptContext final : public MigrationContext {
 public:
  ScriptContext(Connection& connection, const Step& step, ForeignKeyGuard* guard, Observer& observer)
      : connection_(connection), step_(step), run_(connection, nullptr, guard, observer) {}

  void execute(std::string_view sql) override;
  std::vector<std::vector<std::optional<std::string>>> query(std::string_view sql) override;

  bool touched_settings() const { return touched_settings_; }
  // Why the transaction cannot be committed, whatever the callback has made of the exception.
  const std::optional<Ran>& stopped() const { return stopped_; }

 private:
  [[noreturn]] void stop(Ran ran);

  Connection& connection_;
  const Step& step_;
  StatementRun run_;
  std::optional<Ran> stopped_;
  bool touched_settings_ = false;
};

}  // namespace dunlin::sqlite
