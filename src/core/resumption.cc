#include "core/resumption.h"

#include <algorithm>

#include "sql/statement_reader.h"
#include "sql/traits.h"

namespace dunlin {
namespace {

bool somebody_is_at_work(const Project& project, Session& session) {
  const auto lock = project.scheme->run_lock(project.driver->dialect(), session.server().database);
  if (!lock) return false;
  const std::vector<LockHolder> holders = session.lock_holders(*lock);
  return std::ranges::any_of(holders, [&](const LockHolder& holder) { return !(holder.backend == session.backend()); });
}

}  // namespace

Resumption foresee(const Project& project, Session& session, const JournalKey& key,
                   const std::map<std::size_t, JournalEntry>& entries) {
  Resumption found;
  const Migration* migration = project.catalog.find(key.version);
  if (migration == nullptr) return found;
  const Script& script = key.direction == Direction::up ? migration->up : migration->down;
  if (script.empty()) return found;
  std::size_t last_done = 0;
  for (const auto& [number, entry] : entries) {
    if (entry.done) last_done = number;
  }
  const Dialect dialect = project.driver->dialect();
  // When all that counts is done, the history row is missing because somebody has removed it.
  bool more = false;
  bool known = true;
  try {
    const auto bytes = script.open();
    sql::StatementReader reader(dialect, *bytes, script.shown_as(), script.first_line());
    for (std::size_t number = 1; auto statement = reader.next(); ++number) {
      const sql::Traits traits = sql::classify(dialect, statement->text);
      if (number > last_done && !traits.is_session_state()) more = true;
      const auto entry = entries.find(number);
      if (entry == entries.end()) continue;
      if (entry->second.done) {
        const bool edited = traits.transaction == sql::TransactionWord::none &&
                            entry->second.fingerprint != fingerprint(statement->text);
        known = known && !edited;
        continue;
      }
      if (found.in_doubt.empty()) found.in_doubt = statement->text;
      const SourcePosition where{script.shown_as(), statement->line, statement->column, 0};
      known = known && session.can_tell({statement->text, where}, entry->second.remembered);
    }
  } catch (const Failure& failure) {
    // The file may be gone or broken by now.
    if (failure.error().kind != ErrorKind::source && failure.error().kind != ErrorKind::io) throw;
    return found;
  }
  found.goes_on = more && (known || somebody_is_at_work(project, session));
  return found;
}

}  // namespace dunlin
