// The part of the driver contract that is about dialogues, on PostgreSQL.
#include "db/contract/dialogue_contract.h"
#include "db/postgres/fixture.h"

namespace dunlin::contract {
namespace {

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase() : name_(fmt::format("contract_{}_{}", ::getpid(), ++made())) { run("CREATE DATABASE " + name_); }
  ~PostgresDatabase() override { run("DROP DATABASE " + name_ + " WITH (FORCE)"); }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  std::string url() const override { return dunlin::testing::with_database(server_, name_); }
  std::string missing_url() const override { return dunlin::testing::with_database(server_, "no_such_database"); }
  std::unique_ptr<Driver> driver() const override { return postgres::make_driver(); }
  std::string endless_statement() const override { return "SELECT pg_sleep(1000)"; }
  std::string elapsed_sql() const override { return "1"; }
  bool has_run_lock() const override { return true; }

 private:
  static int& made() {
    static int count = 0;
    return count;
  }
  void run(const std::string& sql) const {
    const auto session = postgres::make_driver()->open(server_, {});
    Recorder nobody;
    session->execute({sql, {}}, nullptr, nobody);
  }

  std::string server_ = dunlin::testing::server_url();
  std::string name_;
};

INSTANTIATE_TEST_SUITE_P(Postgres, Contract,
                         ::testing::Values(DatabaseKind{
                             "postgres", [] { return std::unique_ptr<Database>(new PostgresDatabase()); }}),
                         kind_name);

}  // namespace
}  // namespace dunlin::contract
