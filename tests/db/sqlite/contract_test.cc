// The driver contract on SQLite.
#include "db/contract/apply_contract.h"
#include "db/contract/dialogue_contract.h"
#include "db/contract/session_contract.h"
#include "db/sqlite/scratch.h"

namespace dunlin::contract {

INSTANTIATE_TEST_SUITE_P(Sqlite, Contract,
                         testing::Values(DatabaseKind{
                             "file", [] { return std::unique_ptr<Database>(new sqlite::SqliteDatabase()); }}),
                         kind_name);

}  // namespace dunlin::contract
