// The dialogue over one SQLite connection.
//
// A reading one has an authorizer that lets nothing pass but reading: the file's being opened read-only would not keep
// VACUUM INTO or ATTACH from making another one.
#pragma once

#include <memory>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/url.h"
#include "dunlin/driver.h"

namespace dunlin::sqlite {

class SqliteDialogue final : public Dialogue {
 public:
  // Throws Failure (connect, usage).
  SqliteDialogue(Location, const SessionOptions&);

  const ServerInfo& server() const override { return server_; }
  Answer run(const SourceStatement&, const Interrupt&, RowSink&) override;
  TransactionState transaction() const override;

 private:
  void connect(bool for_transaction);
  Answer answer(const SourceStatement&, RowSink&);
  Answer failed(const SourceStatement&) const;

  // Without an interrupt a connection looks for none.
  Interrupt never_;
  Location location_;
  SessionOptions options_;
  ServerInfo server_;
  std::unique_ptr<Connection> connection_;
  // False: it serves one statement only (opening.h).
  bool keep_ = true;
};

}  // namespace dunlin::sqlite
