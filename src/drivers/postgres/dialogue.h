// The dialogue over one libpq connection, outside of pipeline mode: one statement at a time, rows one by one.
//
// How a reading dialogue is kept from writing: every statement runs in a transaction that is READ ONLY and has taken
// its first snapshot before the statement comes. From then on the server itself refuses to make it READ WRITE, to SET
// as well as to set_config() in a function, and what cannot run in a transaction block (ALTER SYSTEM, VACUUM) is
// refused. What a READ ONLY transaction lets happen is refused by its words (reading_only.h).
#pragma once

#include <memory>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

class PostgresDialogue final : public Dialogue {
 public:
  explicit PostgresDialogue(std::unique_ptr<Link>);

  const ServerInfo& server() const override { return link_->server; }
  Answer run(const SourceStatement&, const Interrupt&, RowSink&) override;
  TransactionState transaction() const override;

 private:
  static void receive_notice(void* self, const PGresult*);
  Answer ask(const std::string& sql, const SourceStatement*, const Interrupt*, RowSink*);
  Answer read_only(const SourceStatement&, const Interrupt&, RowSink&);

  std::unique_ptr<Link> link_;
};

}  // namespace dunlin::postgres
