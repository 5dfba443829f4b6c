#include "drivers/sqlite/driver.h"

#include "drivers/sqlite/admin.h"
#include "drivers/sqlite/dialogue.h"
#include "drivers/sqlite/session.h"
#include "drivers/sqlite/url.h"

namespace dunlin::sqlite {
namespace {

class SqliteDriver final : public Driver {
 public:
  std::string_view name() const override { return "sqlite"; }
  Dialect dialect() const override { return Dialect::sqlite; }
  std::unique_ptr<Session> open(const std::string& url, const SessionOptions& options) override {
    return std::make_unique<SqliteSession>(parse_url(url), options);
  }
  std::unique_ptr<Dialogue> open_dialogue(const std::string& url, const SessionOptions& options) override {
    return std::make_unique<SqliteDialogue>(parse_url(url), options);
  }
  ServerInfo describe(const std::string& url) const override { return sqlite::describe(parse_url(url)); }
  DatabaseAdmin* admin() override { return &admin_; }

 private:
  SqliteAdmin admin_;
};

}  // namespace

std::unique_ptr<Driver> make_driver() {
  return std::make_unique<SqliteDriver>();
}

}  // namespace dunlin::sqlite
