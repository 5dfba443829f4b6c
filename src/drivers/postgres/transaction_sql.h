// The texts that dunlin puts around a migration's own statements.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/postgres/link.h"
#include "dunlin/driver.h"

namespace dunlin::postgres {

// "BEGIN ISOLATION LEVEL SERIALIZABLE": the file's own words first, else the session's isolation, else a plain BEGIN.
std::string begin_sql(const std::string& characteristics, const std::string& isolation);

// SET LOCAL only: a SELECT would take the snapshot, after which the file's own SET TRANSACTION is refused.
std::vector<std::string> prelude_sql(const Link&, const std::string& nonce);
std::string nonce_sql(const std::string& nonce);

// Raise 22P02 with one of these texts in it.
inline constexpr const char* kTransactionEnded = "dunlin: the transaction has ended";
inline constexpr const char* kLockLost = "dunlin: the migration lock is not ours";
inline constexpr const char* kMoved = "dunlin: the history has moved";
std::string guard_sql(const std::string& nonce, const std::optional<RunLock>&);
// For transactions that carry the run lock themselves.
std::string take_lock_sql(const RunLock&);
std::string fence_sql(const Fence&);

// Back to the session's own state, inside the transaction that undoes it all if it fails.
std::vector<std::string> reset_sql(const Link&);

// 64 random bits, as hex.
std::string make_nonce();

}  // namespace dunlin::postgres
